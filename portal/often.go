package portal

import (
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

// errTooMany refuses a client that asks too often.
var errTooMany = errors.New("too many requests")

// often bounds how many changing requests one client may make: a bucket of tokens by
// address or session, refilled at a steady rate. It is in memory, and so by server.
type often struct {
	burst   float64
	refill  float64 // tokens a second
	now     func() time.Time
	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

// maxBuckets bounds the memory of the limiter; past it, full buckets are let go.
const maxBuckets = 50_000

func newOften(burst int, perMinute float64, now func() time.Time) *often {
	return &often{burst: float64(burst), refill: perMinute / 60, now: now, buckets: map[string]*bucket{}}
}

// take takes a token for the client, or says how long to wait for one.
func (o *often) take(client string) (wait time.Duration, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	b := o.buckets[client]
	if b == nil {
		if len(o.buckets) >= maxBuckets {
			o.sweep(now)
		}
		b = &bucket{tokens: o.burst, at: now}
		o.buckets[client] = b
	}
	// A clock that steps back gives no tokens and takes none.
	b.tokens = min(o.burst, b.tokens+max(0, now.Sub(b.at).Seconds())*o.refill)
	b.at = now
	if b.tokens < 1 {
		return time.Duration((1 - b.tokens) / o.refill * float64(time.Second)), false
	}
	b.tokens--
	return 0, true
}

// sweep forgets clients whose bucket is full again; if all are busy, it forgets all,
// which favours those who are being limited over those who are not served at all.
func (o *often) sweep(now time.Time) {
	for client, b := range o.buckets {
		if b.tokens+now.Sub(b.at).Seconds()*o.refill >= o.burst {
			delete(o.buckets, client)
		}
	}
	if len(o.buckets) >= maxBuckets {
		clear(o.buckets)
	}
}

// network is what one client holds: an IPv4 address, or the 64 bits of an IPv6 address
// that a provider gives to a household; the other 64 are the client's to choose.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}

// limitOften bounds what one network changes. Reading is bounded by session (see
// session): a family or an office may share one address.
func (p *Portal) limitOften(c *gin.Context) {
	bounded := c.Request.Method == http.MethodPost || costly[c.FullPath()]
	if !bounded || p.spend(c, p.often, network(c.ClientIP())) {
		c.Next()
	}
}

// spend takes a token of the client, or answers that it asks too often.
func (p *Portal) spend(c *gin.Context, from *often, client string) bool {
	wait, ok := from.take(client)
	if !ok {
		c.Header("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		p.fail(c, errTooMany)
	}
	return ok
}
