package agent

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// Listen binds the address, so that URL is known before Serve. Doing it twice is no
// error.
func (a *Agent) Listen() error {
	if a.listeners != nil {
		return nil
	}
	if err := CheckListen(a.config.Listen); err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	host, port, err := net.SplitHostPort(a.config.Listen)
	var listeners []net.Listener
	if err == nil && host == "localhost" {
		listeners, err = listenBoth(port)
	} else if err == nil {
		listeners, err = listenOne(a.config.Listen)
	}
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	a.listeners = listeners
	a.name(host)
	return nil
}

// CheckListen refuses what Config.Listen may not be: anything but "localhost" or a
// loopback IP address, and a port number.
func CheckListen(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(number, 10) != port {
		return fmt.Errorf("%q is not a port number", port)
	}
	if ip := net.ParseIP(host); host != "localhost" && !(ip != nil && ip.IsLoopback()) {
		return fmt.Errorf("%q is not a loopback address: the card is for this machine only", host)
	}
	return nil
}

// name notes what the agent may be called in a Host header.
func (a *Agent) name(host string) {
	_, port, _ := net.SplitHostPort(a.listeners[0].Addr().String())
	a.url = "http://" + net.JoinHostPort(host, port)
	a.hosts = []string{net.JoinHostPort(host, port)}
	for _, listener := range a.listeners {
		a.hosts = append(a.hosts, listener.Addr().String())
	}
	if port != "80" {
		return
	}
	a.url = "http://" + bracketed(host)
	for _, withPort := range a.hosts { // browsers leave the default port out
		name, _, _ := net.SplitHostPort(withPort)
		a.hosts = append(a.hosts, bracketed(name))
	}
}

func bracketed(host string) string {
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		return "[" + host + "]"
	}
	return host
}

func listenOne(address string) ([]net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	return []net.Listener{listener}, nil
}

// listenBoth binds a port on both loopback addresses. A browser may try either for
// "localhost", so if another program holds one of them, it would be handed our
// requests: that is an error. A machine without IPv6 has only the one.
func listenBoth(port string) ([]net.Listener, error) {
	const attempts = 8 // port 0: the number free on one address may be taken on the other
	var last error
	for range attempts {
		four, err := net.Listen("tcp4", "127.0.0.1:"+port)
		if err != nil {
			return nil, err
		}
		_, number, _ := net.SplitHostPort(four.Addr().String())
		six, err := net.Listen("tcp6", "[::1]:"+number)
		switch {
		case err == nil:
			return []net.Listener{four, six}, nil
		case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EAFNOSUPPORT):
			return []net.Listener{four}, nil
		}
		four.Close()
		last = err
		if port != "0" {
			break
		}
	}
	return nil, last
}
