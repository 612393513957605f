//go:build !linux

package kiosk

import "syscall"

// ownGroup puts the browser and its children into a group that can be killed as one.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
