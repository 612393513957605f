package applet

import (
	"bytes"
	"encoding/binary"

	"guichet.example/certs/certstest"
)

// Identifiers of files.
const (
	idMF     = 0x3f00
	idDir    = 0x2f00
	idBelpic = 0xdf00 // keys and certificates, in PKCS #15
	idID     = 0xdf01 // who the holder is

	idODF, idTokenInfo, idAODF, idPrKDF, idCDF = 0x5031, 0x5032, 0x5034, 0x5035, 0x5037

	idCertAuthentication, idCertSignature, idCertCA, idCertRoot, idCertRegistry = 0x5038, 0x5039, 0x503a, 0x503b, 0x503c

	idIdentity, idIdentitySignature, idAddress, idAddressSignature = 0x4031, 0x4032, 0x4033, 0x4034
	idPhoto, idPreferences, idCardKey                              = 0x4035, 0x4039, 0x4040
)

// Names of directories and of the applet itself.
var (
	aidApplet = []byte{0xa0, 0x00, 0x00, 0x00, 0x30, 0x29, 0x05, 0x70, 0x00, 0xad, 0x13, 0x10, 0x01, 0x01, 0xff}
	aidBelpic = []byte("\xa0\x00\x00\x01\x77PKCS-15")
	aidID     = []byte("\xa0\x00\x00\x01\x77IdFiles")
)

// directory is an MF or DF: transparent files and directories by identifier.
type directory struct {
	name  []byte // AID; nil: none
	files map[uint16][]byte
	below map[uint16]*directory
}

// Zeros at the end of a certificate file, and the length of one without certificate.
var (
	padding   = map[Version]int{V17: 50, V18: 1100}
	emptyFile = map[Version]int{V17: 1300, V18: 2500}
)

func (c *Card) layOut(card *certstest.Card) (*directory, error) {
	belpic, err := c.belpic(card)
	if err != nil {
		return nil, err
	}
	dir, err := applications()
	if err != nil {
		return nil, err
	}
	id := &directory{name: aidID, files: map[uint16][]byte{
		idIdentity: card.Identity, idIdentitySignature: card.IdentitySignature,
		idAddress: card.Address, idAddressSignature: card.AddressSignature, idPhoto: card.Photo,
	}}
	if c.version == V18 {
		if id.files[idCardKey], err = c.cardKey.PublicKey.Bytes(); err != nil {
			return nil, err
		}
	} else {
		id.files[idPreferences] = make([]byte, 100)
	}
	return &directory{name: aidApplet, files: map[uint16][]byte{idDir: dir},
		below: map[uint16]*directory{idBelpic: belpic, idID: id}}, nil
}

// belpic is the directory of keys and certificates.
func (c *Card) belpic(card *certstest.Card) (*directory, error) {
	d := &directory{name: aidBelpic, files: map[uint16][]byte{}}
	for id, write := range map[uint16]func() ([]byte, error){
		idODF:       objectDirectory,
		idTokenInfo: func() ([]byte, error) { return tokenInfo(c.chip) },
		idAODF:      authenticationObjects,
		idPrKDF:     func() ([]byte, error) { return privateKeys(card, c.version) },
		idCDF:       func() ([]byte, error) { return certificates(card) },
	} {
		var err error
		if d.files[id], err = write(); err != nil {
			return nil, err
		}
	}
	for _, entry := range held(card) {
		d.files[entry.file] = make([]byte, emptyFile[c.version])
		if entry.cert != nil {
			d.files[entry.file] = append(bytes.Clone(entry.cert.Raw), make([]byte, padding[c.version])...)
		}
	}
	d.files[idCertRegistry] = make([]byte, emptyFile[c.version])
	if card.Registry != nil {
		d.files[idCertRegistry] = append(bytes.Clone(card.Registry.Raw), make([]byte, padding[c.version])...)
	}
	return d, nil
}

// selectFile is SELECT by identifier in the current directory (P1 02), by name (04) or
// by path from the MF (08); P2 0C asks for no description, the applet gives none.
func (c *Card) selectFile(cmd command) status {
	if cmd.p2 != 0x0c {
		return statusP1P2
	}
	switch cmd.p1 {
	case 0x02:
		if len(cmd.data) != 2 {
			return statusWrongLength
		}
		return c.enter(c.current, cmd.data)
	case 0x04:
		return c.selectName(cmd.data)
	case 0x08:
		if len(cmd.data) == 0 || len(cmd.data)%2 != 0 {
			return statusWrongLength
		}
		return c.enter(c.root, cmd.data)
	}
	return statusP1P2
}

func (c *Card) selectName(name []byte) status {
	list := []*directory{c.root}
	for _, d := range c.root.below {
		list = append(list, d)
	}
	for _, d := range list {
		if bytes.Equal(d.name, name) {
			c.current, c.file = d, nil
			return statusOK
		}
	}
	return statusFileNotFound
}

// enter walks a path of identifiers. What was selected stays when there is no such file.
func (c *Card) enter(from *directory, path []byte) status {
	for ; len(path) > 0; path = path[2:] {
		id := binary.BigEndian.Uint16(path)
		if file, ok := from.files[id]; ok && len(path) == 2 {
			c.current, c.file = from, append([]byte{}, file...) // an empty one is selected too
			return statusOK
		}
		switch below := from.below[id]; {
		case id == idMF:
			from = c.root
		case below != nil:
			from = below
		case c.root.below[id] != nil: // a sister directory
			from = c.root.below[id]
		default:
			return statusFileNotFound
		}
	}
	c.current, c.file = from, nil
	return statusOK
}

// readBinary reads the selected file from an offset of 15 bits. An Le beyond the end is
// corrected by deliver.
func (c *Card) readBinary(cmd command) ([]byte, status) {
	offset := int(cmd.p1)<<8 | int(cmd.p2)
	switch {
	case c.file == nil:
		return nil, statusNoFile
	case len(cmd.data) > 0 || cmd.le == 0:
		return nil, statusWrongLength
	case offset >= len(c.file): // also the short identifiers of P1 8x: no file is so long
		return nil, statusOffset
	}
	return c.file[offset:min(offset+cmd.le, len(c.file))], statusOK
}
