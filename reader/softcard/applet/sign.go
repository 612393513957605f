package applet

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"slices"
)

// References of keys.
const (
	cardKey           = 0x81
	authenticationKey = 0x82
	signatureKey      = 0x83
)

// environment is what MSE SET chose: key 0 is none.
type environment struct{ algorithm, key byte }

// rsaAlgorithm is one of 1.7: the hash whose length the input has and whose DigestInfo
// the card adds; hash 0 takes any DigestInfo.
type rsaAlgorithm struct {
	hash crypto.Hash
	pss  bool
}

var rsaAlgorithms = map[byte]rsaAlgorithm{
	0x01: {}, 0x02: {hash: crypto.SHA1}, 0x04: {hash: crypto.MD5}, 0x08: {hash: crypto.SHA256},
	0x10: {crypto.SHA1, true}, 0x20: {crypto.SHA256, true},
}

// maxDigestInfo is what PKCS #1 v1.5 leaves of a modulus of 256 bytes.
const maxDigestInfo = 245

// ecLengths are the lengths of hash that an algorithm of 1.8 takes: SHA-2, SHA-3, any.
var ecLengths = map[byte][]int{
	0x01: {32}, 0x02: {48}, 0x04: {64}, 0x08: {32}, 0x10: {48}, 0x20: {64}, 0x40: {20, 28, 32, 48, 64},
}

// manageEnvironment is MSE SET for a digital signature: 04 80 algorithm 84 key. A new
// environment ends the right to sign that was bought in the old one.
func (c *Card) manageEnvironment(cmd command) status {
	if cmd.p1 != 0x41 || cmd.p2 != 0xb6 {
		return statusP1P2
	}
	if len(cmd.data) != 5 {
		return statusWrongLength
	}
	algorithm, key := cmd.data[2], cmd.data[4]
	if !bytes.Equal(cmd.data, []byte{0x04, 0x80, algorithm, 0x84, key}) || !c.takes(algorithm) {
		return statusData
	}
	if c.keys[key] == nil {
		return statusReference
	}
	c.env, c.rights.signature = environment{algorithm, key}, 0
	return statusOK
}

func (c *Card) takes(algorithm byte) bool {
	if c.version == V17 {
		_, ok := rsaAlgorithms[algorithm]
		return ok
	}
	return ecLengths[algorithm] != nil
}

// computeSignature is PSO COMPUTE DIGITAL SIGNATURE: RSA of 256 bytes, or r‖s of 96.
func (c *Card) computeSignature(cmd command) ([]byte, status) {
	may := c.rights.authentication
	if c.env.key == signatureKey {
		may = c.rights.signature > 0
	}
	c.rights.signature = 0 // whatever comes of it
	switch {
	case cmd.p1 != 0x9e || cmd.p2 != 0x9a:
		return nil, statusP1P2
	case c.env.key == 0:
		return nil, statusConditions
	case !may:
		return nil, statusSecurity
	}
	value, sw := c.sign(cmd.data)
	if sw == statusOK {
		c.journal = append(c.journal, Signed{c.env.key, c.env.algorithm, bytes.Clone(cmd.data)})
	}
	return value, sw
}

func (c *Card) sign(input []byte) ([]byte, status) {
	switch key := c.keys[c.env.key].(type) {
	case *rsa.PrivateKey:
		return signRSA(key, rsaAlgorithms[c.env.algorithm], input)
	case *ecdsa.PrivateKey:
		if !slices.Contains(ecLengths[c.env.algorithm], len(input)) {
			return nil, statusWrongLength
		}
		return signEC(key, input)
	}
	return nil, statusReference
}

func signRSA(key *rsa.PrivateKey, a rsaAlgorithm, input []byte) ([]byte, status) {
	if len(input) == 0 || a.hash == 0 && len(input) > maxDigestInfo || a.hash != 0 && len(input) != a.hash.Size() {
		return nil, statusWrongLength
	}
	var value []byte
	var err error
	if a.pss {
		value, err = rsa.SignPSS(rand.Reader, key, a.hash, input, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	} else {
		value, err = rsa.SignPKCS1v15(nil, key, a.hash, input)
	}
	if err != nil {
		return nil, statusExecution
	}
	return value, statusOK
}

func signEC(key *ecdsa.PrivateKey, hash []byte) ([]byte, status) {
	r, s, err := ecdsa.Sign(rand.Reader, key, hash)
	if err != nil {
		return nil, statusExecution
	}
	n := (key.Params().N.BitLen() + 7) / 8
	value := make([]byte, 2*n)
	r.FillBytes(value[:n])
	s.FillBytes(value[n:])
	return value, statusOK
}

// internalAuthenticate has 1.8 sign a challenge of 48 bytes with the key of the card
// itself: 94 30 challenge. No PIN is wanted, the key says nothing of the holder.
func (c *Card) internalAuthenticate(cmd command) ([]byte, status) {
	switch {
	case c.version != V18:
		return nil, statusInstruction
	case cmd.p1 != 0x02:
		return nil, statusP1P2
	case cmd.p2 != cardKey:
		return nil, statusReference
	case len(cmd.data) != 50:
		return nil, statusWrongLength
	case cmd.data[0] != 0x94 || cmd.data[1] != 0x30:
		return nil, statusData
	}
	return signEC(c.cardKey, cmd.data[2:])
}
