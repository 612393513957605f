// Package pcsc runs a PC/SC daemon with two virtual readers for tests, apart from any
// daemon of the machine, and puts cards of package applet into them.
package pcsc
