package reader

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/miekg/pkcs11"

	"guichet.example/certs/registry"
)

// drawer is a module with nothing but data objects.
type drawer struct {
	library
	objects []object
	found   []pkcs11.ObjectHandle
	broken  error // from reading a value
}

type object struct {
	label, id string
	value     []byte
}

func (d *drawer) FindObjectsInit(_ pkcs11.SessionHandle, template []*pkcs11.Attribute) error {
	d.found = nil
	for i, o := range d.objects {
		fits := true
		for _, a := range template {
			switch a.Type {
			case pkcs11.CKA_LABEL:
				fits = fits && string(a.Value) == o.label
			case pkcs11.CKA_OBJECT_ID:
				fits = fits && string(a.Value) == o.id
			}
		}
		if fits {
			d.found = append(d.found, pkcs11.ObjectHandle(i))
		}
	}
	return nil
}

func (d *drawer) FindObjects(pkcs11.SessionHandle, int) ([]pkcs11.ObjectHandle, bool, error) {
	some := d.found
	d.found = nil
	return some, false, nil
}

func (d *drawer) FindObjectsFinal(pkcs11.SessionHandle) error { return nil }

func (d *drawer) GetAttributeValue(_ pkcs11.SessionHandle, o pkcs11.ObjectHandle, a []*pkcs11.Attribute) ([]*pkcs11.Attribute, error) {
	return []*pkcs11.Attribute{{Type: a[0].Type, Value: d.objects[o].value}}, d.broken
}

func TestReadFiles(t *testing.T) {
	official := []object{
		{"surname", "id", []byte("Specimen")}, {"DATA_FILE", "id", []byte("identity of the card")}, {"national_number", "id", []byte(nora)},
		{"SIGN_DATA_FILE", "sign_data_file", []byte("signature")}, {"address_zip", "address", []byte("1000")}, {"ADDRESS_FILE", "address", []byte("address file")},
		{"SIGN_ADDRESS_FILE", "sign_address_file", []byte("another")}, {"PHOTO_FILE", "photo", []byte("JPEG")}, {"CERT_RN_FILE", "rncert", []byte("certificate")},
	}
	renamed := make([]object, len(official))
	for i, o := range official {
		renamed[i] = object{"object", o.id, o.value}
	}
	unnamed := make([]object, len(official))
	for i, o := range official {
		unnamed[i] = object{o.label, "", o.value}
	}
	want := registry.Files{Identity: []byte("identity of the card"), IdentitySignature: []byte("signature"), Address: []byte("address file"),
		AddressSignature: []byte("another"), Photo: []byte("JPEG"), Registry: []byte("certificate")}
	for name, objects := range map[string][]object{"by label": unnamed, "by object id": renamed, "by both": official} {
		f, err := readFiles(&drawer{objects: objects}, 0)
		if err != nil || f == nil {
			t.Errorf("%s: %v, %v", name, f, err)
			continue
		}
		for i, pair := range [][2][]byte{
			{f.Identity, want.Identity}, {f.IdentitySignature, want.IdentitySignature}, {f.Address, want.Address},
			{f.AddressSignature, want.AddressSignature}, {f.Photo, want.Photo}, {f.Registry, want.Registry},
		} {
			if !bytes.Equal(pair[0], pair[1]) {
				t.Errorf("%s: file %d is %q, want %q", name, i, pair[0], pair[1])
			}
		}
	}
}

func TestReadFilesWithout(t *testing.T) {
	for name, objects := range map[string][]object{
		"objects":          nil,
		"an identity file": {{"ADDRESS_FILE", "address", []byte("address")}, {"PHOTO_FILE", "photo", []byte("JPEG")}},
		"anything in it":   {{"DATA_FILE", "id", make([]byte, 200)}, {"PHOTO_FILE", "photo", []byte("JPEG")}},
		"a value":          {{"DATA_FILE", "id", nil}},
	} {
		if f, err := readFiles(&drawer{objects: objects}, 0); f != nil || err != nil {
			t.Errorf("without %s: %v, %v, want nothing", name, f, err)
		}
	}
	broken := &drawer{objects: []object{{"DATA_FILE", "id", []byte("x")}}, broken: pkcs11.Error(pkcs11.CKR_DEVICE_REMOVED)}
	if f, err := readFiles(broken, 0); f != nil || !is(err, pkcs11.CKR_DEVICE_REMOVED) {
		t.Errorf("of a card that leaves: %v, %v", f, err)
	}
	large := &drawer{objects: []object{{"DATA_FILE", "id", make([]byte, maxValue+1)}}}
	if f, err := readFiles(large, 0); f != nil || !errors.Is(err, errObjectTooLarge) {
		t.Errorf("of a file without end: %v, %v", f, err)
	}
}

func TestFiles(t *testing.T) {
	_, _, c := inserted(t, "p384")
	card := theWorld(t).cards["p384"]
	f, err := c.Files(context.Background())
	if err != nil || !bytes.Equal(f.Identity, card.Identity) || !bytes.Equal(f.Registry, card.Registry.Raw) || !bytes.Equal(f.Photo, card.Photo) {
		t.Errorf("Files = %v, %v", f, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if f, err := c.Files(context.Background()); f != nil || !errors.Is(err, ErrClosed) {
		t.Errorf("Files of a closed card = %v, %v", f, err)
	}
}

// Modules that pad: certificates with zeros after the DER, as the files on the card.
func TestPaddedFiles(t *testing.T) {
	d, m := desk(t, nil)
	insert(t, d, "rsa")
	meddle(m).attribute = func(kind uint, value []byte) ([]byte, error) {
		if kind == pkcs11.CKA_VALUE {
			return append(bytes.Clone(value), make([]byte, 1100)...), nil
		}
		return value, nil
	}
	c := open(t, m)
	if len(c.Certificates()) != 4 {
		t.Errorf("%d certificates are read, want 4", len(c.Certificates()))
	}
	id, err := c.Identity(theWorld(t).pki.Anchors())
	if err != nil || id.NationalNumber != nora || !bytes.Equal(id.Photo, theWorld(t).cards["rsa"].Photo) {
		t.Errorf("Identity = %v, %v", id, err)
	}
}
