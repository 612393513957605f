package document

// emblem draws the counter's arched window on its shelf, the lower left corner at
// (x, y): a solid arch, and in it the opening.
func (c *canvas) emblem(k rgb, x, y float64) {
	c.fill(k)
	c.arch(x, y, emblemWidth, emblemHeight)
	c.op("f")
	c.fill(rgb{255, 255, 255})
	c.arch(x+7, y+8.2, emblemWidth-14, emblemHeight-14.4)
	c.op("f")
	c.op("re", x+4, y+4.2, emblemWidth-8, 1.8)
	c.op("f")
}

// arch is the path of a rectangle with a half circle on top.
func (c *canvas) arch(x, y, width, height float64) {
	const kappa = 0.5523 // of the radius: a Bézier quarter circle
	r := width / 2
	spring := y + height - r // where the half circle begins
	c.op("m", x, y)
	c.op("l", x+width, y)
	c.op("l", x+width, spring)
	c.op("c", x+width, spring+kappa*r, x+r+kappa*r, spring+r, x+r, spring+r)
	c.op("c", x+r-kappa*r, spring+r, x, spring+kappa*r, x, spring)
	c.op("h")
}
