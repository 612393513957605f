package saml

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"time"

	crew "github.com/crewjam/saml"
)

// announcedCiphers are what an assertion may be encrypted with, best first, and the way
// its key comes.
var announcedCiphers = []crew.EncryptionMethod{
	{Algorithm: "http://www.w3.org/2009/xmlenc11#aes128-gcm"},
	{Algorithm: "http://www.w3.org/2001/04/xmlenc#aes256-cbc"},
	{Algorithm: "http://www.w3.org/2001/04/xmlenc#aes128-cbc"},
	{Algorithm: "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"},
}

// Metadata is our metadata, to hand to providers: entity id, keys, where answers and
// logouts go, and nothing that is not served. It says that it is valid until the last
// of our certificates ends, and to be fetched again each day.
func (p *Party) Metadata() ([]byte, error) {
	sp := p.serviceProvider(p.keys[0])
	sp.SloURL = p.slo
	// Not by POST, which ReadLogout would read: the counter takes no form from another
	// site but a sign-in's answer.
	sp.LogoutBindings = []string{crew.HTTPRedirectBinding}
	entity := sp.Metadata()

	// What the library says of itself is not all true of us: it lists an artifact
	// endpoint, one key, CBC only, and ends within two days.
	until := p.keys[0].Certificate.NotAfter
	for _, k := range p.keys {
		if k.Certificate.NotAfter.After(until) {
			until = k.Certificate.NotAfter
		}
	}
	until = until.UTC()
	entity.ValidUntil, entity.CacheDuration = until, 24*time.Hour
	role := &entity.SPSSODescriptors[0]
	role.ValidUntil = nil
	role.AssertionConsumerServices = []crew.IndexedEndpoint{
		{Binding: crew.HTTPPostBinding, Location: p.acs.String(), Index: 1}}
	role.KeyDescriptors = nil
	for _, k := range p.keys {
		role.KeyDescriptors = append(role.KeyDescriptors, k.descriptor("signing"))
	}
	for _, k := range p.keys {
		d := k.descriptor("encryption")
		d.EncryptionMethods = announcedCiphers
		role.KeyDescriptors = append(role.KeyDescriptors, d)
	}

	out := bytes.NewBufferString(xml.Header)
	enc := xml.NewEncoder(out)
	enc.Indent("", "  ")
	if err := enc.Encode(entity); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

func (k KeyPair) descriptor(use string) crew.KeyDescriptor {
	return crew.KeyDescriptor{Use: use, KeyInfo: crew.KeyInfo{X509Data: crew.X509Data{
		X509Certificates: []crew.X509Certificate{{Data: base64.StdEncoding.EncodeToString(k.Certificate.Raw)}}}}}
}

// serviceProvider is us as the library knows us, with one of our keys.
func (p *Party) serviceProvider(k KeyPair) crew.ServiceProvider {
	return crew.ServiceProvider{
		EntityID:          p.entityID,
		Key:               k.Key,
		Certificate:       k.Certificate,
		AcsURL:            p.acs,
		AuthnNameIDFormat: crew.TransientNameIDFormat,
		SignatureMethod:   rsaSHA256,
	}
}
