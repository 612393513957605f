package seed

import (
	"fmt"
	"math/rand/v2"
	"time"

	"guichet.example/auth/nrn"
)

// affiliation is the number on the member card: the household, and the place on its
// booklet. Ours begin with 04.
func affiliation(household uint64, place int) string {
	n := 400_000_000 + household*10 + uint64(place)
	return fmt.Sprintf("%04d %03d %03d", n/1_000_000, n/1_000%1_000, n%1_000)
}

// number gives the next national number of the day, or, for one in fifty, a BIS number.
// A day that has no more moves the birth by one.
func (g *Generator) number(r *rand.Rand, birth time.Time, sex byte) (nrn.Number, time.Time) {
	bis := one(r, 50)
	for {
		day := int32(birth.Unix()/86_400) * 2
		if sex == 'm' {
			day++
		}
		n := int(g.serials[day])
		g.serials[day]++
		serial := 2 * (n + 1)
		if sex == 'm' {
			serial--
		}
		if serial <= 997 {
			return nationalNumber(birth, serial, bis), birth
		}
		g.serials[day]--
		birth = birth.AddDate(0, 0, -1)
	}
}

// Number is the national number of who was born that day; serial is odd for men, 1 to 998.
func Number(birth time.Time, serial int) nrn.Number { return nationalNumber(birth, serial, false) }

// nationalNumber puts the right check digits behind.
func nationalNumber(birth time.Time, serial int, bis bool) nrn.Number {
	year, month, day := birth.Date()
	if bis {
		month += 40
	}
	nine := (year%100*10_000+int(month)*100+day)*1_000 + serial
	check := nine
	if year >= 2000 {
		check += 2_000_000_000
	}
	n, err := nrn.Parse(fmt.Sprintf("%09d%02d", nine, 97-check%97))
	if err != nil {
		panic("seed: made a wrong national number") // a fault of this function
	}
	return n
}

// iban is a Belgian account number with right check digits.
func iban(r *rand.Rand) string {
	ten := pick(r, []int64{1, 63, 340, 735, 979, 103, 734, 377})*10_000_000 + r.Int64N(10_000_000)
	national := ten*100 + check97(ten)
	// BE is 1114, then 00: ISO 13616. The number is shortened by its remainder as it goes.
	rest := national % 97 * 1_000_000 % 97
	rest = (rest + 111_400) % 97
	return fmt.Sprintf("BE%02d%012d", 98-rest, national)
}

// check97 is the remainder by 97; 97 for none.
func check97(n int64) int64 {
	if n %= 97; n != 0 {
		return n
	}
	return 97
}

// communication is a structured one of a bank transfer, +++090/9337/55493+++.
func communication(n int64) string {
	n %= 10_000_000_000
	digits := fmt.Sprintf("%010d%02d", n, check97(n))
	return "+++" + digits[:3] + "/" + digits[3:7] + "/" + digits[7:] + "+++"
}

// providerNumber is a number of a health professional: profession, five digits, two
// check digits, qualification.
func providerNumber(profession, n, qualification int) string {
	six := profession*100_000 + n%100_000
	return fmt.Sprintf("%06d%02d%03d", six, 97-six%97, qualification)
}
