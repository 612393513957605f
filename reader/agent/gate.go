package agent

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"guichet.example/reader/api"
)

// checkOrigin accepts a scheme, host and port as a browser writes them into the
// Origin header; http only for loopback names, which browsers take for secure.
func checkOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != origin || strings.ToLower(origin) != origin {
		return fmt.Errorf("agent: %.60q is not an origin (scheme://host or scheme://host:port)", origin)
	}
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme == "https" || u.Scheme == "http" && loopback {
		return nil
	}
	return fmt.Errorf("agent: origin %q is neither https nor loopback", origin)
}

// handler is everything that this process answers, behind the check of Host.
func (a *Agent) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("OPTIONS /v1/", a.page(a.preflight))
	mux.Handle("GET "+api.StatusPath, a.page(a.status))
	mux.Handle("GET "+api.EventsPath, a.page(a.follow))
	mux.Handle("POST "+api.AuthenticatePath, a.page(a.authenticate))
	mux.Handle("POST "+api.SigningCertificatePath, a.page(a.signingCertificate))
	mux.Handle("POST "+api.SignPath, a.page(a.sign))
	mux.Handle("POST "+api.CancelPath, a.page(a.cancel))
	mux.Handle("GET "+api.DoctorPath, a.page(a.doctor))
	if a.config.Kiosk != nil {
		mux.Handle("GET "+api.KioskStatusPath, a.page(a.kioskStatus))
		mux.Handle("POST "+api.KioskBindPath, a.page(a.kioskBind))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
		// A name that an attacker points at 127.0.0.1 would make our answers same-origin
		// with his page (DNS rebinding). Such a request has his name as Host.
		if !slices.Contains(a.hosts, r.Host) {
			refuse(w, http.StatusMisdirectedRequest, api.Fatal, "not a name of this agent")
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// page wraps what a page of an allowed site may call. Without an Origin header there
// is no page, and no answer.
func (a *Agent) page(next func(w http.ResponseWriter, r *http.Request, origin string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origins := r.Header.Values("Origin")
		w.Header().Add("Vary", "Origin")
		if len(origins) != 1 || !slices.Contains(a.config.Origins, origins[0]) {
			refuse(w, http.StatusForbidden, api.Fatal, "origin is not allowed")
			return
		}
		w.Header().Set("Access-Control-Allow-Origin", origins[0])
		next(w, r, origins[0])
	})
}

// preflight answers what a browser asks before a request across origins: Fetch,
// 4.8, and for the older private network access its own header.
func (a *Agent) preflight(w http.ResponseWriter, r *http.Request, _ string) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	h.Set("Access-Control-Max-Age", "600")
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		h.Set("Access-Control-Allow-Private-Network", "true")
	}
	w.WriteHeader(http.StatusNoContent)
}
