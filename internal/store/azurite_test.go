package store

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/diag"
)

// azuriteEndpoint names the variable with the account's address at an Azurite
// server, such as http://127.0.0.1:10000/devstoreaccount1. The account and its key
// are Azurite's own, known to everybody.
const (
	azuriteEndpoint = "ACCOUNTHEALTH_AZURITE"
	azuriteAccount  = "devstoreaccount1"
	azuriteKey      = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// Publishing, reading and locking against a server of Azure's protocol that is
// not our own.
func TestAzurite(t *testing.T) {
	endpoint := os.Getenv(azuriteEndpoint)
	if endpoint == "" {
		t.Skip("set " + azuriteEndpoint + " to the address of an Azurite account")
	}
	ctx := context.Background()
	shared, err := container.NewSharedKeyCredential(azuriteAccount, azuriteKey)
	if err != nil {
		t.Fatal(err)
	}
	box, err := container.NewClientWithSharedKeyCredential(endpoint+"/box", shared, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := box.Create(ctx, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := box.Delete(ctx, nil); err != nil {
			t.Error(err)
		}
	})
	connect := func(holder string) *Router {
		files, err := Connect("azblob://"+azuriteAccount+"/box/health", Options{
			AzureKey: azuriteKey, Holder: holder, Services: []Service{{Address: "azblob://" + azuriteAccount, Endpoint: endpoint}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	files := connect("one")
	big := string(noise(35 << 20)) // in blocks
	if err := publish(files, "out/day", output{"big", big}, output{"a", "1"}, output{"run.json", "m"}); err != nil {
		t.Fatal(err)
	}
	if err := publish(files, "out/day", output{"big", big}, output{"b", "2"}, output{"run.json", "n"}); err != nil {
		t.Fatal(err)
	}
	found, err := files.List(ctx, "out/**")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range found {
		names = append(names, f.Path)
	}
	if diff := cmp.Diff([]string{"out/day/b", "out/day/big", "out/day/run.json"}, names); diff != "" {
		t.Error(diff)
	}
	r := opened(t, files, "out/day/big")
	p := make([]byte, 1000)
	if _, err := r.ReadAt(p, 20<<20); err != nil || string(p) != big[20<<20:20<<20+1000] {
		t.Errorf("wrong bytes, %v", err)
	}
	if err := files.WriteFile(ctx, "out/day/big", func(w io.Writer) error { _, err := io.WriteString(w, big); return err }); err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReadAt(p, 0); err == nil || diag.ClassOf(err) != diag.Data || !strings.Contains(err.Error(), "changed") {
		t.Errorf("a replaced blob is read on: %v", err)
	}
	if got, known, err := files.ReadSmall(ctx, "out/day/run.json"); string(got) != "n" || !known || err != nil {
		t.Errorf("%q, %v, %v", got, known, err)
	}
	for _, word := range []string{"old", "new"} { // a run that is published, and published again
		if err := publishRun(files, "out/run", word, output{"a", word}, output{"same", "s"}); err != nil {
			t.Fatal(err)
		}
		said, _, err := files.ReadSmall(ctx, "out/run/run.json")
		lines := strings.Split(string(said), "\n")
		if err != nil || len(lines) != 4 || lines[0] != word {
			t.Fatalf("%q, %v", said, err)
		}
		for i, want := range []string{word, "s"} {
			name, at, _ := strings.Cut(lines[i+1], " ")
			kept, _, err := files.ReadSmall(ctx, "out/run/"+at)
			plain, _, err2 := files.ReadSmall(ctx, "out/run/"+name)
			if err != nil || err2 != nil || string(kept) != want || string(plain) != want || at == name {
				t.Errorf("%s: %q at %s, %q, %v, %v", word, kept, at, plain, err, err2)
			}
		}
	}
	lock, err := files.Lock(ctx, "out/.lock")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := connect("two").Lock(ctx, "out/.lock"); err == nil || !strings.Contains(err.Error(), "one") {
		t.Errorf("a second run took the lock: %v", err)
	}
	if err := lock.Unlock(); err != nil {
		t.Error(err)
	}
	if again, err := connect("two").Lock(ctx, "out/.lock"); err != nil {
		t.Error(err)
	} else if err := again.Unlock(); err != nil {
		t.Error(err)
	}
}
