package oidc

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"guichet.example/auth/federation"
)

// The shapes of providers: how a level is asked for, and what is usual there.
const (
	FAS   = "fas"   // Federal Authentication Service: one level URN, userinfo as signed JWT
	Itsme = "itsme" // acr_basic or acr_advanced, claims parameter
	Plain = "plain" // levels from the rows of Settings.Levels only
)

// Ways in which the client proves itself at the token endpoint (OpenID Connect Core 1.0, 9).
const (
	SecretBasic = "client_secret_basic"
	SecretPost  = "client_secret_post"
	PrivateKey  = "private_key_jwt"
)

// Forms of userinfo (OpenID Connect Core 1.0, 5.3.2).
const (
	UserInfoJWT  = "jwt"  // signed; encrypted too if Settings.Encrypted
	UserInfoJSON = "json" // bare: only TLS vouches for it
	UserInfoNone = "none" // not asked: the ID token holds all
)

// Settings describe one provider in the settings file.
type Settings struct {
	// ID is the provider's name in paths and the audit trail: 1 to 32 lower-case letters,
	// digits and hyphens. Required. A later change orphans the sessions' logouts.
	ID string `json:"id"`
	// Names is what members read on the button, by language. Required: fr, nl, de, en.
	Names map[string]string `json:"names"`
	// Shape is "fas", "itsme" or "plain". Required.
	Shape string `json:"shape"`
	// Issuer is the provider's issuer identifier exactly as its discovery document and
	// its tokens spell it. Required; https.
	Issuer string `json:"issuer"`
	// Hosts are the host[:port] that may be asked besides the issuer's own.
	Hosts []string `json:"hosts"`
	// CAFile holds the PEM certificates of the authorities that vouch for these hosts.
	// Empty: those of the system.
	CAFile string `json:"ca_file"`
	// ClientID is our name at the provider. Required.
	ClientID string `json:"client_id"`
	// ClientAuth is "client_secret_basic", "client_secret_post" or "private_key_jwt".
	// Empty: client_secret_basic with a SecretFile, private_key_jwt with a KeyFile.
	ClientAuth string `json:"client_auth"`
	// SecretFile holds the client secret; a line end at its end is not part of it.
	SecretFile string `json:"secret_file"`
	// KeyFile holds the private key of private_key_jwt: PKCS#8 PEM, RSA of 2048 bits or
	// more, or P-256.
	KeyFile string `json:"key_file"`
	// KeyID is its kid. Empty: the SHA-256 thumbprint of RFC 7638.
	KeyID string `json:"key_id"`
	// Encrypted: ID token and userinfo come encrypted (RSA-OAEP-256, A128CBC-HS256), and
	// are refused if they do not. Empty: false, and they are refused if they do.
	Encrypted bool `json:"encrypted"`
	// DecryptionKeyFiles hold the RSA keys that open them, PKCS#8 PEM, the newest first.
	// Required if Encrypted. Two of them bridge a change of keys.
	DecryptionKeyFiles []string `json:"decryption_key_files"`
	// Algorithms are the signature algorithms that are accepted. Empty: RS256 alone.
	// Of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384.
	Algorithms []string `json:"algorithms"`
	// Scopes are asked for besides openid. Empty: profile and egovnrn for FAS, profile
	// for others. itsme wants its service:CODE here.
	Scopes []string `json:"scopes"`
	// OlderLevels has FAS asked in the older spelling of its levels.
	OlderLevels bool `json:"older_levels"`
	// Levels are further rows of the table from acr to CSAM level.
	Levels map[string]int `json:"levels"`
	// NumberClaim names the claim with the national number. Empty: egovNRN for FAS, the
	// BENationalNumber of itsme. Required for others.
	NumberClaim string `json:"number_claim"`
	// UserInfo is "jwt", "json" or "none". Empty: jwt.
	UserInfo string `json:"userinfo"`
	// NoLogout hides "log out everywhere", though the provider announces it.
	NoLogout bool `json:"no_logout"`
	// TimeoutSeconds is how long one exchange with the provider may take, 1 to 10; all that
	// a page waits for has its own bound besides. Empty: 5.
	TimeoutSeconds int `json:"timeout_seconds"`
}

// The national number in the claims of FAS and of itsme.
const (
	numberOfFAS   = "egovNRN"
	numberOfItsme = "http://itsme.services/v2/claim/BENationalNumber"
)

const defaultTimeout = 5 * time.Second

func (s Settings) timeout() time.Duration {
	if s.TimeoutSeconds == 0 {
		return defaultTimeout
	}
	return time.Duration(s.TimeoutSeconds) * time.Second
}

func (s Settings) withDefaults() Settings {
	if s.ClientAuth == "" {
		s.ClientAuth = SecretBasic
		if s.KeyFile != "" {
			s.ClientAuth = PrivateKey
		}
	}
	if len(s.Algorithms) == 0 {
		s.Algorithms = []string{"RS256"}
	}
	if len(s.Scopes) == 0 {
		s.Scopes = []string{"profile"}
		if s.Shape == FAS {
			s.Scopes = append(s.Scopes, "egovnrn")
		}
	}
	if s.NumberClaim == "" {
		s.NumberClaim = map[string]string{FAS: numberOfFAS, Itsme: numberOfItsme}[s.Shape]
	}
	if s.UserInfo == "" {
		s.UserInfo = UserInfoJWT
	}
	return s
}

var (
	providerID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	visible    = regexp.MustCompile(`^[!-~]{1,255}$`)

	// acceptable are the signature algorithms that may be configured: asymmetric, on
	// SHA-2. Neither none nor a MAC can be.
	acceptable = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384"}
)

// check refuses settings that are incomplete or contradict each other.
func (s Settings) check(loopback bool) error {
	s = s.withDefaults()
	if !providerID.MatchString(s.ID) {
		return errors.New(`"id" is not 1 to 32 lower-case letters, digits and hyphens`)
	}
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		if name := s.Names[lang]; name == "" || federation.Text(name) != name {
			return fmt.Errorf(`"names" has no name in %q`, lang)
		}
	}
	if len(s.Names) != 4 {
		return errors.New(`"names" has a language that the counter does not speak`)
	}
	if err := checkAddress(s.Issuer, loopback); err != nil {
		return fmt.Errorf(`"issuer": %w`, err)
	}
	if u, _ := url.Parse(s.Issuer); u.RawQuery != "" || strings.Contains(s.Issuer, "?") {
		return errors.New(`"issuer" has a query`) // OpenID Connect Discovery 1.0, 3
	}
	for _, part := range []func() error{s.checkAsked, s.checkClient, s.checkTokens} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// checkAsked looks at what is asked of the provider.
func (s Settings) checkAsked() error {
	switch {
	case s.Shape != FAS && s.Shape != Itsme && s.Shape != Plain:
		return errors.New(`"shape" is not "fas", "itsme" or "plain"`)
	case s.OlderLevels && s.Shape != FAS:
		return errors.New(`"older_levels" is for the shape "fas"`)
	case !visible.MatchString(s.NumberClaim):
		return errors.New(`"number_claim" is required`)
	case slices.Contains(reserved, s.NumberClaim):
		return errors.New(`"number_claim" names a claim that has its own meaning`)
	case s.TimeoutSeconds < 0 || s.TimeoutSeconds > 10:
		return errors.New(`"timeout_seconds" is not 1 to 10`)
	case len(s.Scopes) > 20:
		return errors.New(`"scopes" has more than 20 entries`)
	}
	for _, scope := range s.Scopes {
		if !visible.MatchString(scope) {
			return errors.New(`"scopes" has an entry with a blank or none at all`)
		}
	}
	if _, err := federation.NewLevels(s.Levels); err != nil {
		return fmt.Errorf(`"levels": %w`, err)
	}
	return nil
}

// checkClient looks at how we prove who we are.
func (s Settings) checkClient() error {
	switch {
	case !visible.MatchString(s.ClientID):
		return errors.New(`"client_id" is required`)
	case s.ClientAuth == PrivateKey && (s.KeyFile == "" || s.SecretFile != ""):
		return errors.New(`"private_key_jwt" needs "key_file" and no "secret_file"`)
	case s.ClientAuth != PrivateKey && (s.SecretFile == "" || s.KeyFile != ""):
		return fmt.Errorf(`%q needs "secret_file" and no "key_file"`, s.ClientAuth)
	case !slices.Contains([]string{SecretBasic, SecretPost, PrivateKey}, s.ClientAuth):
		return errors.New(`"client_auth" is not a way that is known here`)
	case s.KeyID != "" && !visible.MatchString(s.KeyID):
		return errors.New(`"key_id" has characters that are not visible ASCII`)
	}
	return nil
}

// checkTokens looks at which tokens are accepted.
func (s Settings) checkTokens() error {
	switch {
	case s.Encrypted != (len(s.DecryptionKeyFiles) > 0):
		return errors.New(`"encrypted" and "decryption_key_files" go together`)
	case len(s.DecryptionKeyFiles) > 4:
		return errors.New(`"decryption_key_files" has more than 4 entries`)
	case !slices.Contains([]string{UserInfoJWT, UserInfoJSON, UserInfoNone}, s.UserInfo):
		return errors.New(`"userinfo" is not "jwt", "json" or "none"`)
	case s.Encrypted && s.UserInfo == UserInfoJSON:
		return errors.New(`"encrypted" wants "userinfo" as "jwt" or "none"`)
	}
	for _, alg := range s.Algorithms {
		if !slices.Contains(acceptable, alg) {
			return fmt.Errorf(`"algorithms": %.20q is not accepted; %s are`, alg, strings.Join(acceptable, ", "))
		}
	}
	return nil
}
