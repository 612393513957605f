package reader

import (
	"bytes"
	"context"

	"github.com/miekg/pkcs11"

	"guichet.example/certs/registry"
)

// cardFile is a file of the card as the Belgian middleware gives it out: a data object
// with a label and, in CKA_OBJECT_ID, a text. The text alone does not tell a file from
// its single fields, which the middleware gives out under the same one.
type cardFile struct{ label, objectID string }

var (
	identityFile         = cardFile{"DATA_FILE", "id"}
	identitySignature    = cardFile{"SIGN_DATA_FILE", "sign_data_file"}
	addressFile          = cardFile{"ADDRESS_FILE", "address"}
	addressSignatureFile = cardFile{"SIGN_ADDRESS_FILE", "sign_address_file"}
	photoFile            = cardFile{"PHOTO_FILE", "photo"}
	registryCertificate  = cardFile{"CERT_RN_FILE", "rncert"}
)

// Files reads the identity files, unverified; nil without an error when the module gives
// out none. No PIN is needed. Errors: ErrCardRemoved, ErrTimedOut.
func (c *Card) Files(ctx context.Context) (*registry.Files, error) {
	return ask(ctx, c, "reading the identity files", func(lib library) (*registry.Files, error) {
		files, err := readFiles(lib, c.session)
		if err == nil && files == nil { // OpenSC says so without asking the card, which may be out
			err = c.sameCard(lib)
		}
		return files, err
	})
}

// readFiles returns nil when the module gives out no identity file.
func readFiles(lib library, session pkcs11.SessionHandle) (*registry.Files, error) {
	var f registry.Files
	for _, part := range []struct {
		file cardFile
		to   *[]byte
	}{
		{identityFile, &f.Identity}, {identitySignature, &f.IdentitySignature},
		{addressFile, &f.Address}, {addressSignatureFile, &f.AddressSignature},
		{photoFile, &f.Photo}, {registryCertificate, &f.Registry},
	} {
		value, err := readFile(lib, session, part.file)
		if err != nil {
			return nil, err
		}
		*part.to = value
		if part.file == identityFile && len(bytes.TrimRight(value, "\x00")) == 0 {
			return nil, nil
		}
	}
	return &f, nil
}

// readFile reads the data object of that label or, where labels are others, the longest
// one of that object id: a file is longer than any of its fields. Nil when there is none.
func readFile(lib library, session pkcs11.SessionHandle, file cardFile) ([]byte, error) {
	value, err := longest(lib, session, pkcs11.NewAttribute(pkcs11.CKA_LABEL, file.label))
	if value != nil || err != nil {
		return value, err
	}
	return longest(lib, session, pkcs11.NewAttribute(pkcs11.CKA_OBJECT_ID, file.objectID))
}

func longest(lib library, session pkcs11.SessionHandle, named *pkcs11.Attribute) ([]byte, error) {
	// Without the class the Belgian middleware shows no data objects.
	objects, err := find(lib, session, pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_DATA), named)
	if err != nil {
		return nil, err
	}
	var best []byte
	for _, object := range objects {
		value, err := attribute(lib, session, object, pkcs11.CKA_VALUE)
		if err != nil {
			return nil, err
		}
		if len(value) > len(best) {
			best = value
		}
	}
	return best, nil
}
