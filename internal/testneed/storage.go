package testneed

import (
	"bufio"
	"crypto/rand"
	"crypto/x509"
	_ "embed" // the lock
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
)

// versityLock pins versitygw and everything it is made of.
//
//go:embed versitygw/tool.sum
var versityLock []byte

// Storage is a server of object storage that runs on loopback until the test ends.
type Storage struct {
	// Endpoint is the URL of the service: of Azurite with the account.
	Endpoint string
	// Bucket is the name of the bucket, or of Azure's container, which is empty.
	Bucket string
	// URL is the place of files in it, for bucket.Open and --files.
	URL string
	// Env are the variables with the credentials.
	Env map[string]string
}

// At is the place of files in a folder of URL.
func (s *Storage) At(folder string) string { return strings.Replace(s.URL, "?", "/"+folder+"?", 1) }

// Getenv reads Env, and nothing else.
func (s *Storage) Getenv(name string) string { return s.Env[name] }

// SharedSignature returns a shared access signature for the container of Azurite, for an hour.
func (s *Storage) SharedSignature(t testing.TB) string {
	t.Helper()
	key, err := container.NewSharedKeyCredential(s.Env["AZURE_STORAGE_ACCOUNT"], s.Env["AZURE_STORAGE_KEY"])
	if err != nil {
		t.Fatal(err)
	}
	may := sas.ContainerPermissions{Read: true, Create: true, Write: true, Delete: true, List: true}
	signed, err := sas.BlobSignatureValues{Protocol: sas.ProtocolHTTPSandHTTP, ContainerName: s.Bucket,
		ExpiryTime: time.Now().Add(time.Hour).UTC(), Permissions: may.String()}.SignWithSharedKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed.Encode()
}

// Account and key of Azurite are those that its documentation publishes.
const (
	azuriteAccount = "devstoreaccount1"
	azuriteKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// Azurite starts Microsoft's emulator of Azure Blob with an empty container. A test that uses it
// should start it once.
func Azurite(t testing.TB) *Storage {
	t.Helper()
	return azurite(t, http.DefaultClient)
}

// AzuriteTLS is Azurite with TLS, which also takes the tokens of identities, without checking who
// signed them. The transport trusts its certificate.
func AzuriteTLS(t testing.TB) (*Storage, http.RoundTripper) {
	t.Helper()
	// A server of the standard library lends its certificate for 127.0.0.1.
	lender := httptest.NewTLSServer(nil)
	defer lender.Close()
	pair := lender.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	cert, private := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]},
		private: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	client := &http.Client{Transport: lender.Client().Transport.(*http.Transport).Clone()}
	return azurite(t, client, "--oauth", "basic", "--cert", cert, "--key", private), client.Transport
}

// azurite starts Azurite, and makes a container with a client.
func azurite(t testing.TB, client *http.Client, flags ...string) *Storage {
	t.Helper()
	node, packages := Node(t)
	flags = append([]string{filepath.Join(packages, "azurite", "dist", "src", "blob", "main.js"),
		"--blobHost", "127.0.0.1", "--blobPort", "0", "--location", t.TempDir(), "--skipApiVersionCheck",
		"--disableTelemetry", "--silent"}, flags...)
	endpoint := start(t, exec.Command(node, flags...), regexp.MustCompile(`listens on (https?://127\.0\.0\.1:\d+)`)) +
		"/" + azuriteAccount
	s := &Storage{Endpoint: endpoint, Bucket: "muster",
		Env: map[string]string{"AZURE_STORAGE_ACCOUNT": azuriteAccount, "AZURE_STORAGE_KEY": azuriteKey}}
	s.URL = "azblob://" + s.Bucket + "/test?endpoint=" + endpoint
	key, err := container.NewSharedKeyCredential(azuriteAccount, azuriteKey)
	if err != nil {
		t.Fatal(err)
	}
	made, err := container.NewClientWithSharedKeyCredential(endpoint+"/"+s.Bucket, key,
		&container.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: client}})
	if err == nil {
		_, err = made.Create(t.Context(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// S3 starts versitygw, a server of S3 on a folder, with an empty bucket. A test that uses it should
// start it once.
func S3(t testing.TB) *Storage {
	t.Helper()
	folder := t.TempDir()
	s := &Storage{Bucket: "muster", Env: map[string]string{"AWS_ACCESS_KEY_ID": "muster-test",
		"AWS_SECRET_ACCESS_KEY": rand.Text(), "AWS_REGION": "us-east-1"}}
	if err := os.Mkdir(filepath.Join(folder, s.Bucket), 0o700); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	server := exec.Command(versitygw(t), "--port", "127.0.0.1:"+port, "--keep-alive", "--quiet", "posix", folder)
	server.Env = append(os.Environ(), "ROOT_ACCESS_KEY_ID="+s.Env["AWS_ACCESS_KEY_ID"],
		"ROOT_SECRET_ACCESS_KEY="+s.Env["AWS_SECRET_ACCESS_KEY"], "VGW_REGION=us-east-1")
	start(t, server, nil)
	s.Endpoint = "http://127.0.0.1:" + port
	s.URL = "s3://" + s.Bucket + "/test?endpoint=" + s.Endpoint
	for range 100 {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
			return s
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("versitygw does not listen")
	return nil
}

// versitygw is the program that install.sh builds.
func versitygw(t testing.TB) string {
	t.Helper()
	path := filepath.Join(cacheFolder(), "versitygw-"+sumOf(versityLock), "versitygw")
	if _, err := os.Stat(path); err != nil {
		Missing(t, "versitygw", err)
	}
	return path
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// start starts a server, and ends it with the test. If ready is set it waits for a line that
// matches, and returns the first group.
func start(t testing.TB, server *exec.Cmd, ready *regexp.Regexp) string {
	t.Helper()
	dieWithUs(server)
	var errs strings.Builder
	server.Stderr = &errs
	out, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	if ready == nil {
		go io.Copy(io.Discard, out)
		return ""
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := ready.FindStringSubmatch(lines.Text()); found != nil {
			go io.Copy(io.Discard, out)
			return found[1]
		}
	}
	server.Wait()
	t.Fatal(errors.Join(fmt.Errorf("%s does not start: %s", server.Path, errs.String()), lines.Err()))
	return ""
}
