package portal

// Addresses are all that the router knows, "GET /fr/home" as Gin writes it.
func (p *Portal) Addresses() []string {
	var list []string
	for _, r := range p.engine.Routes() {
		list = append(list, r.Method+" "+r.Path)
	}
	return list
}
