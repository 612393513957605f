package main

import "guichet.example/portal/kiosk"

// KioskSettings are the times of kiosks. What is empty is as shipped.
type KioskSettings struct {
	Beat    *Duration `json:"beat"`    // from one sign of life to the next: 5s
	Silence *Duration `json:"silence"` // without one sessions end: 15s, at least two beats
	Code    *Duration `json:"code"`    // life of a pairing code: 15m
	Idle    *Duration `json:"idle"`    // without a touch until the warning: 45s
	Warning *Duration `json:"warning"` // from the warning to the end: 20s
	Total   *Duration `json:"total"`   // of a session that is not made longer: 10m
	More    int       `json:"more"`    // how often it is made longer: 10
	Prints  int       `json:"prints"`  // pages that are printed in a session: 10
}

// times are the settings as package kiosk takes them; it refuses what does not fit.
func (s KioskSettings) times() kiosk.Times {
	return kiosk.Times{
		Beat: s.Beat.or(0), Silence: s.Silence.or(0), Code: s.Code.or(0), Idle: s.Idle.or(0), Warning: s.Warning.or(0),
		Total: s.Total.or(0), More: s.More, Prints: s.Prints,
	}
}
