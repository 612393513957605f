package kiosk

import (
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/reader/api"
)

// ServeNonce hands out a nonce.
func (p *Protocol) ServeNonce(c *gin.Context) error {
	nonce, err := p.Nonce()
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, api.KioskNonce{Nonce: nonce})
	return nil
}

// states are what an agent is told of an error. What is not in it is the portal's own
// trouble.
var states = []struct {
	err    error
	status int
	state  api.KioskState
}{
	{ErrStale, http.StatusConflict, api.KioskStale},
	{ErrSuspended, http.StatusForbidden, api.KioskSuspended},
	{ErrRevoked, http.StatusForbidden, api.KioskRevoked},
	{ErrUnknown, http.StatusForbidden, api.KioskUnknown},
}

// ServeMessage takes a message of an agent.
func (p *Protocol) ServeMessage(c *gin.Context) error {
	nonce, err := p.Nonce()
	if err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(c.Request.Body, api.MaxKioskMessage+1))
	if err != nil {
		return err
	}
	k, err := p.Receive(c.Request.Context(), data)
	if err == nil {
		session := api.KioskSessionNone
		if k.Open {
			session = api.KioskSessionOpen
		}
		c.JSON(http.StatusOK, api.KioskAnswer{Nonce: nonce, Name: k.Name, Every: int(p.Times.Beat.Milliseconds()), Session: session})
		return nil
	}
	for _, s := range states {
		if errors.Is(err, s.err) {
			p.Log.Warn("message of a kiosk refused", "state", string(s.state), "cause", err)
			refusal := api.KioskRefusal{State: s.state}
			if s.state == api.KioskStale {
				refusal.Nonce = nonce
			}
			c.JSON(s.status, refusal)
			return nil
		}
	}
	return err
}
