package pcsc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/certs/certstest"
)

// byID are the certificates of a card by their PKCS #15 identifier.
func byID(c *certstest.Card) map[string]*x509.Certificate {
	return map[string]*x509.Certificate{
		"02": c.Authentication.Certificate, "03": c.Signature.Certificate, "04": c.Issuer, "06": c.Root,
	}
}

func TestPKCS15Tool(t *testing.T) {
	for kind, words := range map[string][]string{
		"rsa": {"Private RSA Key [Authentication]", "ModLength      : 2048"},
		"ec":  {"Private EC Key [Authentication]"},
	} {
		t.Run(kind, func(t *testing.T) {
			uncached(t)
			insert(t, kind)
			issued := theWorld(t).cards[kind]
			dump := tool(t, rig, "pkcs15-tool", "--dump")
			wantText(t, "pkcs15-tool --dump", dump, append(words,
				"PKCS#15 Card [BELPIC]", "Serial number  : "+hex.EncodeToString(issued.ChipNumber),
				"PIN [Basic PIN]", "min_len:4, max_len:12, stored_len:8", "Reference      : 1", "Type           : bcd",
				"Key ref        : 130 (0x82)", "Key ref        : 131 (0x83)", "nonRepudiation",
				"X.509 Certificate [Root]", "Path           : 3f00df00503b")...)
			for id, want := range byID(issued) {
				block, _ := pem.Decode([]byte(tool(t, rig, "pkcs15-tool", "--read-certificate", id)))
				if block == nil || string(block.Bytes) != string(want.Raw) {
					t.Errorf("certificate %s is not the card's", id)
				}
			}
		})
	}
}

func TestPKCS11ToolLists(t *testing.T) {
	for kind, keyType := range map[string]string{"rsa": "RSA", "ec": "EC"} {
		t.Run(kind, func(t *testing.T) {
			insert(t, kind)
			issued := theWorld(t).cards[kind]
			slots := tool(t, rig, "pkcs11-tool", "-L")
			wantText(t, "pkcs11-tool -L", slots, "Virtual PCD 00 00", "Virtual PCD 00 01", "token label        : BELPIC (Basic PIN)",
				"token manufacturer : (unknown)", "token model        : PKCS#15", "login required", "pin min/max        : 4/12",
				"serial num         : "+hex.EncodeToString(issued.ChipNumber)[16:])
			open := tool(t, rig, "pkcs11-tool", "-O")
			if strings.Contains(open, "Private Key") || strings.Contains(open, "Data object") {
				t.Errorf("before login pkcs11-tool -O shows\n%s", open)
			}
			all := tool(t, rig, "pkcs11-tool", "-O", "--login", "--pin", goodPIN)
			if strings.Count(all, "Private Key Object") != 2 || strings.Count(all, "Certificate Object") != 4 {
				t.Errorf("after login pkcs11-tool -O shows\n%s", all)
			}
			wantText(t, "pkcs11-tool -O", all, "Private Key Object; "+keyType, "always authenticate", "label:      CA", "label:      Root")
		})
	}
}

// sign has pkcs11-tool sign a file with the key of that id.
func toolSign(t *testing.T, id, mechanism, pin string, data []byte) (signature []byte, said string, err error) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		t.Fatal(err)
	}
	said, err = tryTool(t, rig, "pkcs11-tool", "--login", "--pin", pin, "--sign", "--id", id, "-m", mechanism, "-i", in, "-o", out)
	signature, _ = os.ReadFile(out)
	return signature, said, err
}

func TestPKCS11ToolSigns(t *testing.T) {
	c := insert(t, "rsa")
	text := []byte("letter")
	digest := sha256.Sum256(text)
	public := theWorld(t).cards["rsa"].Authentication.Certificate.PublicKey.(*rsa.PublicKey)
	value, said, err := toolSign(t, "02", "SHA256-RSA-PKCS", goodPIN, text)
	if err != nil || rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], value) != nil {
		t.Errorf("the authentication key signed %d bytes, %v: %s", len(value), err, said)
	}
	journal := c.Journal()
	if len(journal) != 1 || journal[0].Key != 0x82 || !strings.HasSuffix(string(journal[0].Input), string(digest[:])) {
		t.Errorf("the card's journal is %X", journal)
	}
	_, said, err = toolSign(t, "03", "SHA256-RSA-PKCS", goodPIN, text)
	if err == nil || len(c.Journal()) != 1 {
		t.Errorf("the signature key signed through OpenSC: %s", said)
	}
	wantText(t, "pkcs11-tool with the signature key", said, "CKR_FUNCTION_NOT_SUPPORTED")
	if c.Tries() != 3 {
		t.Errorf("it cost a try")
	}
}

// The card itself signs with P-384; OpenSC before 0.27 has no mechanism for it. A newer
// one signs, and then has to sign right.
func TestPKCS11ToolAndCurves(t *testing.T) {
	c := insert(t, "ec")
	mechanisms := tool(t, rig, "pkcs11-tool", "-M")
	digest := sha256.Sum256([]byte("letter"))
	value, said, err := toolSign(t, "02", "ECDSA", goodPIN, digest[:])
	if !strings.Contains(mechanisms, "ECDSA") {
		if err == nil || len(c.Journal()) > 0 || c.Tries() != 3 {
			t.Errorf("without a mechanism: %v, %s", err, said)
		}
		wantText(t, "pkcs11-tool with a key on P-384", said, "CKR_MECHANISM_INVALID")
		return
	}
	public := theWorld(t).cards["ec"].Authentication.Certificate.PublicKey.(*ecdsa.PublicKey)
	if err != nil || !holds(public, digest[:], value) {
		t.Errorf("ECDSA is listed; signing: %v, %s", err, said)
	}
}

func TestPKCS11ToolCountsTries(t *testing.T) {
	c := insert(t, "rsa")
	for left := 2; left >= 0; left-- {
		_, said, err := toolSign(t, "02", "RSA-PKCS", "4321", []byte("x"))
		if err == nil || c.Tries() != left {
			t.Errorf("a wrong PIN left %d tries, want %d: %s", c.Tries(), left, said)
		}
		wantText(t, "pkcs11-tool", said, "CKR_PIN_")
	}
	_, said, err := toolSign(t, "02", "RSA-PKCS", goodPIN, []byte("x"))
	if err == nil {
		t.Error("a blocked card signed")
	}
	wantText(t, "pkcs11-tool on a blocked card", said, "CKR_PIN_LOCKED")
}

// The PIN is changed by a program of others, in the card's own block format.
func TestChangePIN(t *testing.T) {
	insert(t, "rsa")
	tool(t, rig, "pkcs15-tool", "--change-pin", "--pin", goodPIN, "--new-pin", "567890")
	if _, said, err := toolSign(t, "02", "RSA-PKCS", "567890", []byte("x")); err != nil {
		t.Errorf("signing with the new PIN: %v: %s", err, said)
	}
}
