package certstest

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
)

// portrait draws a grey head and shoulders, of the size of the applet: old is 1.7 and
// before.
func portrait(old bool) ([]byte, error) {
	w, h := 150, 195
	if old {
		w, h = 140, 200
	}
	img := image.NewGray(image.Rect(0, 0, w, h))
	ellipse := func(x, y, cx, cy, rx, ry int) bool {
		dx, dy := (x-cx)*100/rx, (y-cy)*100/ry
		return dx*dx+dy*dy < 100*100
	}
	for y := range h {
		for x := range w {
			shade := uint8(225)
			if ellipse(x, y, w/2, h*2/5, w/5, h/5) || ellipse(x, y, w/2, h, w*2/5, h*7/20) {
				shade = 120
			}
			img.SetGray(x, y, color.Gray{Y: shade})
		}
	}
	var out bytes.Buffer
	err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 60})
	return out.Bytes(), err
}
