package icc

import (
	"encoding/binary"
	"math"
	"testing"
)

// tag returns the data of a tag, its bounds checked.
func tag(t *testing.T, p []byte, signature string) []byte {
	t.Helper()
	for i := range int(binary.BigEndian.Uint32(p[128:])) {
		e := p[132+12*i:]
		if string(e[:4]) != signature {
			continue
		}
		at, size := int(binary.BigEndian.Uint32(e[4:])), int(binary.BigEndian.Uint32(e[8:]))
		if at%4 != 0 || at < 132 || at+size > len(p) {
			t.Fatalf("%s lies at %d, %d bytes long, in %d", signature, at, size, len(p))
		}
		return p[at : at+size]
	}
	t.Fatalf("no tag %s", signature)
	return nil
}

func fixedAt(b []byte, i int) float64 {
	return float64(int32(binary.BigEndian.Uint32(b[8+4*i:]))) / 65536
}

func near(t *testing.T, what string, b []byte, want ...float64) {
	t.Helper()
	for i, w := range want {
		if got := fixedAt(b, i); math.Abs(got-w) > 0.0002 {
			t.Errorf("%s[%d] = %.5f, want %.5f", what, i, got, w)
		}
	}
}

func TestHeader(t *testing.T) {
	p := SRGB()
	if int(binary.BigEndian.Uint32(p)) != len(p) || len(p)%4 != 0 || len(p) > 1024 {
		t.Errorf("profile says it is %d bytes long, it is %d", binary.BigEndian.Uint32(p), len(p))
	}
	if got := string(p[8:24]); got != "\x04\x20\x00\x00mntrRGB XYZ " || string(p[36:40]) != "acsp" {
		t.Errorf("header = %q, %q", got, p[36:40])
	}
	near(t, "illuminant", p[60:80], 0.9642, 1, 0.8249)
}

// The values of the sRGB v4 matrix profiles that others ship.
func TestPrimariesAreThoseOfSRGB(t *testing.T) {
	p := SRGB()
	near(t, "rXYZ", tag(t, p, "rXYZ"), 0.43607, 0.22249, 0.01392)
	near(t, "gXYZ", tag(t, p, "gXYZ"), 0.38515, 0.71687, 0.09708)
	near(t, "bXYZ", tag(t, p, "bXYZ"), 0.14307, 0.06061, 0.71410)
	near(t, "wtpt", tag(t, p, "wtpt"), 0.9642, 1, 0.8249)
	near(t, "chad", tag(t, p, "chad"), 1.04791, 0.02293, -0.05019, 0.02960, 0.99046, -0.01707, -0.00925, 0.01506, 0.75179)
}

// Mid grey and the toe of the curve, through the parameters as they are stored.
func TestCurveIsThatOfSRGB(t *testing.T) {
	p := SRGB()
	c := tag(t, p, "rTRC")
	if string(c[:4]) != "para" || c[9] != 3 {
		t.Fatalf("rTRC = % x", c)
	}
	var v [5]float64
	for i := range v {
		v[i] = fixedAt(c[4:], i)
	}
	eval := func(x float64) float64 {
		if x >= v[4] {
			return math.Pow(v[1]*x+v[2], v[0])
		}
		return v[3] * x
	}
	for x, want := range map[float64]float64{0: 0, 1: 1, 0.5: 0.21404, 0.02: 0.001548, 128.0 / 255: 0.21586} {
		if got := eval(x); math.Abs(got-want) > 0.0002 {
			t.Errorf("curve(%.3f) = %.5f, want %.5f", x, got, want)
		}
	}
	if string(tag(t, p, "gTRC")) != string(c) || string(tag(t, p, "bTRC")) != string(c) {
		t.Error("the three curves differ")
	}
}

func TestTexts(t *testing.T) {
	d := tag(t, SRGB(), "desc")
	at, n := binary.BigEndian.Uint32(d[24:]), binary.BigEndian.Uint32(d[20:])
	if got := string(d[at : at+n]); string(d[:4]) != "mluc" || got != "\x00s\x00R\x00G\x00B\x00 \x00I\x00E\x00C\x006\x001\x009\x006\x006\x00-\x002\x00.\x001" {
		t.Errorf("desc = %q", d)
	}
	tag(t, SRGB(), "cprt")
}
