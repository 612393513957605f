package portal_test

import (
	"strings"
	"testing"

	"guichet.example/portal"
)

// An address names its country where that is not the mutuality's own.
func TestAddressNamesAnotherCountry(t *testing.T) {
	for home, named := range map[string]bool{"": false, "BE": false, "FR": true} {
		c := open(t, func(cfg *portal.Config) { cfg.Mutuality.Post.Country = home })
		v := c.visitor(t).in()
		for _, path := range []string{"/fr/account", "/fr/cover"} {
			resp, body := v.get(path)
			if !strings.Contains(body, mathieu.Street) {
				t.Fatalf("%s holds no address: %s", path, resp.Status)
			}
			if strings.Contains(body, "Belgique") != named {
				t.Errorf("a mutuality in %q: %s names the country: %t, want %t", home, path, !named, named)
			}
		}
	}
}
