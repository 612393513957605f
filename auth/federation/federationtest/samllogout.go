package federationtest

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/beevik/etree"
	crew "github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"
)

// logout answers a party's LogoutRequest by Redirect; crewjam has no logout of its own.
func (s *SAML) logout(w http.ResponseWriter, r *http.Request) {
	request, err := s.logoutRequest(r.URL.Query().Get("SAMLRequest"))
	if err == nil {
		err = s.signedQuery(r.URL.RawQuery, "SAMLRequest", request.Issuer.Value)
	}
	if err != nil {
		http.Error(w, "the request is not one of a party", http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, s.LogoutAnswer(request.Issuer.Value, request.ID, r.URL.Query().Get("RelayState")), http.StatusSeeOther)
}

func (s *SAML) logoutRequest(value string) (*crew.LogoutRequest, error) {
	deflated, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return nil, err
	}
	message, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(deflated)), 1<<20))
	if err != nil {
		return nil, err
	}
	var request crew.LogoutRequest
	if err := xml.Unmarshal(message, &request); err != nil {
		return nil, err
	}
	if request.Issuer == nil || request.NameID == nil {
		return nil, errors.New("request names nobody")
	}
	return &request, nil
}

// LogoutAnswer is the address that takes the provider's LogoutResponse to a party.
func (s *SAML) LogoutAnswer(party, inResponseTo, relay string) string {
	to := s.logoutService(party)
	el := (&crew.LogoutResponse{ID: "_r" + randomID(), InResponseTo: inResponseTo, Version: "2.0", IssueInstant: time.Now().UTC(),
		Destination: to, Issuer: &crew.Issuer{Value: s.EntityID()},
		Status: crew.Status{StatusCode: crew.StatusCode{Value: crew.StatusSuccess}}}).Element()
	return to + "?" + s.SignQuery("SAMLResponse", el, relay)
}

// LogoutRequest is a request of the provider that sessions of a subject end; nil indexes
// for all of them. SignQuery or SignMessage makes it one to send.
func (s *SAML) LogoutRequest(party string, name crew.NameID, indexes ...string) *etree.Element {
	el := (&crew.LogoutRequest{ID: "_q" + randomID(), Version: "2.0", IssueInstant: time.Now().UTC(),
		Destination: s.logoutService(party), Issuer: &crew.Issuer{Value: s.EntityID()}, NameID: &name}).Element()
	for _, index := range indexes {
		el.AddChild((&crew.SessionIndex{Value: index}).Element())
	}
	return el
}

// SignMessage signs a message for POST and returns it in base64.
func (s *SAML) SignMessage(el *etree.Element) string {
	sign(el, s.key, s.cert, dsig.RSASHA256SignatureMethod, exclusive)
	return (&SAMLAnswer{Root: el}).Message()
}

// SignQuery is a message by Redirect, as a raw query.
func (s *SAML) SignQuery(param string, el *etree.Element, relay string) string {
	var deflated bytes.Buffer
	w, err := flate.NewWriter(&deflated, flate.DefaultCompression)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write((&SAMLAnswer{Root: el}).Wire())
	_ = w.Close()
	query := param + "=" + url.QueryEscape(base64.StdEncoding.EncodeToString(deflated.Bytes()))
	if relay != "" {
		query += "&RelayState=" + url.QueryEscape(relay)
	}
	query += "&SigAlg=" + url.QueryEscape(dsig.RSASHA256SignatureMethod)
	h := crypto.SHA256.New()
	h.Write([]byte(query))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, h.Sum(nil))
	if err != nil {
		panic(err)
	}
	return query + "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(signature))
}

func (s *SAML) logoutService(party string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.parties[party]; p != nil && len(p.SPSSODescriptors[0].SingleLogoutServices) > 0 {
		return p.SPSSODescriptors[0].SingleLogoutServices[0].Location
	}
	return ""
}
