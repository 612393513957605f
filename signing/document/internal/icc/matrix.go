package icc

type (
	vector [3]float64
	matrix [3]vector // rows
)

func (m matrix) apply(v vector) (out vector) {
	for i, row := range m {
		out[i] = row[0]*v[0] + row[1]*v[1] + row[2]*v[2]
	}
	return out
}

func (m matrix) times(n matrix) (out matrix) {
	for i := range m {
		for j := range m {
			out[i][j] = m[i][0]*n[0][j] + m[i][1]*n[1][j] + m[i][2]*n[2][j]
		}
	}
	return out
}

// inverse by cofactors; the matrices here are far from singular.
func (m matrix) inverse() (out matrix) {
	cofactor := func(i, j int) float64 {
		a, b, c, d := (i+1)%3, (i+2)%3, (j+1)%3, (j+2)%3
		return m[a][c]*m[b][d] - m[a][d]*m[b][c]
	}
	det := m[0][0]*cofactor(0, 0) + m[0][1]*cofactor(0, 1) + m[0][2]*cofactor(0, 2)
	for i := range m {
		for j := range m {
			out[j][i] = cofactor(i, j) / det
		}
	}
	return out
}

// xyY gives the colour of a chromaticity at luminance 1.
func xyY(c [2]float64) vector { return vector{c[0] / c[1], 1, (1 - c[0] - c[1]) / c[1]} }

// adaptation maps colours seen under D65 to those that look alike under D50.
func adaptation() matrix {
	from, to := bradford.apply(xyY(white)), bradford.apply(d50)
	scale := matrix{{to[0] / from[0]}, {0, to[1] / from[1]}, {0, 0, to[2] / from[2]}}
	return bradford.inverse().times(scale).times(bradford)
}

// columns returns the adapted primaries, scaled so that together they give white.
func columns(adapt matrix) (out [3]vector) {
	p := [3]vector{xyY(red), xyY(green), xyY(blue)}
	var m matrix
	for i := range p {
		for j := range p {
			m[j][i] = p[i][j]
		}
	}
	share := m.inverse().apply(xyY(white))
	for i := range p {
		for j := range p[i] {
			p[i][j] *= share[i]
		}
		out[i] = adapt.apply(p[i])
	}
	return out
}
