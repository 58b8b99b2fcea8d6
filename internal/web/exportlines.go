package web

// The lines of programs that export. {SERVER}, {TENANT}, {CALL} with its parameters, {NAME} and {QUERY} are filled in.
// The secret of a client comes from the environment, and is in no list of processes.

const curlToken = `token=$(printf %s "$MUSTER_CLIENT_SECRET" | curl -sS --fail-with-body "{SERVER}/{TENANT}/oauth2/v2.0/token" \
    -d grant_type=client_credentials -d scope=https://api.securitycenter.microsoft.com/.default \
    -d client_id="$MUSTER_CLIENT_ID" --data-urlencode client_secret@- | jq -r .access_token)
`

const curlPages = `url="{SERVER}/api/machines/{CALL}"
while [ -n "$url" ]; do
    curl -sS --fail-with-body --compressed --retry 5 -H "Authorization: Bearer $token" "$url" -o page.json || exit 1
    jq -c '.value[]' page.json
    url=$(jq -r '."@odata.nextLink" // empty' page.json)
done > {NAME}.ndjson`

const curlFiles = `curl -sS --fail-with-body -H "Authorization: Bearer $token" "{SERVER}/api/machines/{CALL}" |
    jq -r '.exportFiles[]' |
    while read -r link; do curl -sS --fail --retry 5 "$link" | gunzip; done > {NAME}.ndjson`

const pythonToken = `import gzip, json, os, shutil, urllib.parse, urllib.request


def ask(address, form=None, **headers):
    body = urllib.parse.urlencode(form).encode() if form else None
    with urllib.request.urlopen(urllib.request.Request(address, body, headers)) as reply:
        return json.load(reply)


token = ask("{SERVER}/{TENANT}/oauth2/v2.0/token", {
    "grant_type": "client_credentials", "client_id": os.environ["MUSTER_CLIENT_ID"],
    "client_secret": os.environ["MUSTER_CLIENT_SECRET"],
    "scope": "https://api.securitycenter.microsoft.com/.default"})["access_token"]
`

const pythonPages = `address = "{SERVER}/api/machines/{CALL}"
with open("{NAME}.ndjson", "w", encoding="utf-8") as out:
    while address:
        page = ask(address, Authorization="Bearer " + token)
        out.writelines(json.dumps(row) + "\n" for row in page["value"])
        address = page.get("@odata.nextLink")`

const pythonFiles = `reply = ask("{SERVER}/api/machines/{CALL}", Authorization="Bearer " + token)
with open("{NAME}.ndjson", "wb") as out:
    for link in reply["exportFiles"]:
        with urllib.request.urlopen(link) as body, gzip.open(body) as rows:
            shutil.copyfileobj(rows, out)`

const powerShell = `$token = (Invoke-RestMethod "{SERVER}/{TENANT}/oauth2/v2.0/token" -Method Post -Body @{
    grant_type = 'client_credentials'; scope = 'https://api.securitycenter.microsoft.com/.default'
    client_id = $env:MUSTER_CLIENT_ID; client_secret = $env:MUSTER_CLIENT_SECRET }).access_token
$url = "{SERVER}/api/machines/{CALL}"
$rows = while ($url) {
    $page = Invoke-RestMethod $url -Headers @{ Authorization = "Bearer $token" }
    $page.value
    $url = $page.'@odata.nextLink'
}
$rows | Export-Csv {NAME}.csv -NoTypeInformation`

const powerQuery = `let
    ClientId = "CLIENT_ID",
    ClientSecret = "CLIENT_SECRET",
    Token = Json.Document(Web.Contents("{SERVER}", [
        RelativePath = "{TENANT}/oauth2/v2.0/token",
        Headers = [#"Content-Type" = "application/x-www-form-urlencoded"],
        Content = Text.ToBinary(Uri.BuildQueryString([
            grant_type = "client_credentials", client_id = ClientId, client_secret = ClientSecret,
            scope = "https://api.securitycenter.microsoft.com/.default"]))]))[access_token],
    Get = (query as record) => Json.Document(Web.Contents("{SERVER}", [
        RelativePath = "api/machines/{NAME}", Query = query, Headers = [Authorization = "Bearer " & Token]])),
    Next = (page as record) => Record.FieldOrDefault(page, "@odata.nextLink", null),
    Pages = List.Generate(
        () => Get({QUERY}),
        (page) => page <> null,
        (page) => if Next(page) = null then null else Get(Uri.Parts(Next(page))[Query]),
        (page) => page[value]),
    Rows = Table.FromRecords(List.Combine(Pages), null, MissingField.UseNull)
in
    Rows`
