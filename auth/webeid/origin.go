package webeid

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// ErrOrigin means that a configured origin is not one a browser could send, or one
// that may not be used.
var ErrOrigin = errors.New("not an origin for card login")

// maxOrigin is what the Web eID app accepts, in bytes.
const maxOrigin = 255

// CheckOrigin accepts exactly what a browser writes into the Origin header for a
// page that may log in with a card (RFC 6454, 6.2): https://host[:port], lower case,
// names in their ASCII form, no default port, no slash, path, query or user. With
// allowLoopbackHTTP also http for localhost, 127.0.0.0/8 and [::1]: browsers take
// those for secure, and a demonstration has no certificate.
func CheckOrigin(origin string, allowLoopbackHTTP bool) error {
	u, err := url.Parse(origin)
	if err != nil || len(origin) > maxOrigin {
		return fmt.Errorf("%w: %.40q", ErrOrigin, origin)
	}
	host, port := u.Hostname(), u.Port()
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && allowLoopbackHTTP && isLoopback(host):
	case u.Scheme == "http" && isLoopback(host):
		return fmt.Errorf("%w: %q needs the setting for loopback http", ErrOrigin, origin)
	default:
		return fmt.Errorf("%w: %q is not https", ErrOrigin, origin)
	}
	// Whatever else is in the URL, or spelled in another way, makes a difference here.
	if u.Scheme+"://"+u.Host != origin || !plainHost(u.Host, host) {
		return fmt.Errorf("%w: %q is more than scheme, host and port, or in another spelling", ErrOrigin, origin)
	}
	if u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" || strings.HasSuffix(u.Host, ":") {
		return fmt.Errorf("%w: %q names the default port or none", ErrOrigin, origin)
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// plainHost accepts ASCII letters in lower case, digits, hyphens and dots, or an IP
// address as net/netip would print it.
func plainHost(withPort, host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		bracketed := strings.HasPrefix(withPort, "[")
		return ip.String() == host && bracketed == strings.Contains(host, ":")
	}
	for _, label := range strings.Split(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}
