package portal_test

import (
	"strings"
	"testing"

	"guichet.example/portal"
)

// A letter takes some working days, and not so many that nobody would wait.
func TestPostSettings(t *testing.T) {
	for _, days := range []int{-1, 11, 365} {
		if err := (portal.PostSettings{Days: days}).Check(); err == nil || !strings.Contains(err.Error(), `"post.days"`) {
			t.Errorf("%d days: %v", days, err)
		}
	}
	for _, days := range []int{0, 1, 3, 10} {
		if err := (portal.PostSettings{Days: days}).Check(); err != nil {
			t.Errorf("%d days: %v", days, err)
		}
	}
}
