//go:build !linux

package doctor

// Where the service is part of the system there is nothing to ask but the readers.
func askService() ServiceState { return ServiceElsewhere }

func pluggedIn() bool { return false }

func programs() []string { return nil }
