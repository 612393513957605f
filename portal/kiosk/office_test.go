package kiosk

import (
	"strings"
	"testing"
)

// Of a place with many kiosks the tenth comes after the ninth; places and states stay as the
// store gave them.
func TestKiosksInOrder(t *testing.T) {
	var list []Kiosk
	for _, at := range []string{"active Liège Borne 1", "active Liège Borne 10", "active Liège Borne 2", "active Verviers Borne 3", "active Verviers Accueil", "revoked Liège Borne 0"} {
		part := strings.SplitN(at, " ", 3)
		list = append(list, Kiosk{State: State(part[0]), Branch: part[1], Name: part[2]})
	}
	inOrder(list)
	var got []string
	for _, k := range list {
		got = append(got, k.Branch+" "+k.Name)
	}
	if want := "Liège Borne 1, Liège Borne 2, Liège Borne 10, Verviers Accueil, Verviers Borne 3, Liège Borne 0"; strings.Join(got, ", ") != want {
		t.Errorf("kiosks in the order %q, want %q", got, want)
	}
}
