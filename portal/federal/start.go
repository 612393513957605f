package federal

import "github.com/gin-gonic/gin"

func (f *Federal) start(*gin.Context) error               { return ErrNoFlow }
func (f *Federal) answer(*gin.Context) error              { return ErrNoFlow }
func (f *Federal) signOutEverywhere(*gin.Context) error   { return ErrNoFlow }
func (f *Federal) signedOutEverywhere(*gin.Context) error { return ErrNoFlow }
