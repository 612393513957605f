package pinpage

import (
	_ "embed"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strconv"

	"guichet.example/reader/api"
	"guichet.example/reader/internal/pagelook"
)

//go:embed pin.js
var pinJS []byte

// handler is everything the server answers, behind the check of Host.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+api.PINPath+"{id}", s.show)
	mux.HandleFunc("POST "+api.PINPath+"{id}", s.receive)
	mux.HandleFunc("GET "+api.PINPath+"{id}/alive", s.alive)
	mux.HandleFunc("GET /pin.css", asset("text/css; charset=utf-8", pagelook.CSS))
	mux.HandleFunc("GET /pin.js", asset("text/javascript; charset=utf-8", pinJS))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
		if !ours(r) {
			refuse(w, http.StatusMisdirectedRequest, api.Fatal, "not a name of this program")
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// ours reports whether Host is a loopback name with the port of the very connection. A
// name that an attacker points at 127.0.0.1 would make our answers same-origin with his
// page (DNS rebinding), and such a request has his name as Host.
func ours(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok || !local.IP.IsLoopback() {
		return false
	}
	port := strconv.Itoa(local.Port)
	names := []string{net.JoinHostPort("localhost", port), local.String()}
	if port == "80" { // browsers leave the default port out
		names = append(names, "localhost", bracketed(local.IP))
	}
	return slices.Contains(names, r.Host)
}

func bracketed(ip net.IP) string {
	if ip.To4() == nil {
		return "[" + ip.String() + "]"
	}
	return ip.String()
}

func asset(kind string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		_, _ = w.Write(content)
	}
}

// refuse answers who may not ask.
func refuse(w http.ResponseWriter, status int, code api.Code, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(api.Failure{Error: api.Error{Code: code, Message: message, State: api.Technical, Tries: -1}})
}
