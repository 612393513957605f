package main

import (
	"flag"
	"net"
)

// portZero replaces the port of a default address by a free one, so that `demo -once`
// runs beside a demo that stays up. An address that was asked for stays as it is.
func portZero(flags *flag.FlagSet, name, address string) string {
	asked := false
	flags.Visit(func(f *flag.Flag) { asked = asked || f.Name == name })
	host, _, err := net.SplitHostPort(address)
	if asked || err != nil {
		return address
	}
	return net.JoinHostPort(host, "0")
}
