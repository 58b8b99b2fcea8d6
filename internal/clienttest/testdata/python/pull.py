"""Pulls an export with nothing but the standard library:
pull.py AUTHORITY CLIENT SECRET FIRST_PAGE prints the ids of all rows."""

import json
import sys
import urllib.parse
import urllib.request

authority, client, secret, page = sys.argv[1:]


def ask(address, form=None, **headers):
    body = urllib.parse.urlencode(form).encode() if form else None
    with urllib.request.urlopen(urllib.request.Request(address, body, headers)) as reply:
        return json.load(reply)


token = ask(authority + "/oauth2/token", {
    "grant_type": "client_credentials",
    "client_id": client,
    "client_secret": secret,
    "resource": "https://api.securitycenter.microsoft.com",
})["access_token"]

ids = []
while page:
    reply = ask(page, Authorization="Bearer " + token)
    ids += [row["id"] for row in reply["value"]]
    page = reply.get("@odata.nextLink")
print(json.dumps(ids))
