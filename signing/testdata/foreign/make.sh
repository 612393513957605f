#!/usr/bin/env bash
# make.sh makes the PDFs of this folder again: accepted/ holds what common programs write,
# refused/ what must not be signed, made.txt which program in which version wrote each.
# The files are kept in the repository, since programs and versions change; tests read
# them and never run this script. It leaves the folder as it is when a program is missing.
#
# Debian: ghostscript librsvg2-bin img2pdf libreoffice-writer-nogui texlive-latex-base
#   texlive-fonts-recommended texlive-xetex texlive-luatex lmodern wkhtmltopdf inkscape
#   cups-filters groff chromium qpdf mupdf-tools poppler-utils imagemagick fonts-dejavu-core
#   default-jdk-headless npm python3-venv
# PyPI and npm packages are installed below; PDFBox comes with `make interop` (EU DSS).
set -euo pipefail
export LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1760000000

here=$(cd "$(dirname "$0")" && pwd)
classpath=$(cat "$here/../../../bin/interop/classpath")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/accepted" "$work/refused"
cd "$work"

python3 -m venv venv
venv/bin/pip -q install fpdf2==2.8.9 reportlab==5.1.0 pikepdf==10.17.0 weasyprint==70.0 typst==0.15.2 \
	pypdf==7.1.0 matplotlib==3.11.2 python-docx==1.2.0 borb==3.0.9
npm install --silent --no-audit --no-fund pdf-lib@1.17.1 pdfkit@0.17.2
cp "$here/write.py" "$here/write.mjs" "$here/Write.java" .
py() { venv/bin/python write.py "$@"; }
package() { venv/bin/pip show "$1" | sed -n 's/^Version: //p'; }

# made NAME PROGRAM VERSION: one line for each file, in the order they are made.
made() {
	[ -s "$1" ] || { echo "make.sh: $2 wrote no $1" >&2; exit 1; }
	printf '%-36s %s %s\n' "$1" "$2" "$3" >>made.txt
}

cat >letter.html <<'EOF'
<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Attestation</title></head>
<body><h1>Attestation d'affiliation</h1><p>Je déclare que les renseignements ci-dessous sont exacts. Ζωή, Çelik, Łukasz.</p>
<table border="1"><tr><th>Objet</th><th>Montant</th></tr><tr><td>Soins</td><td>125,40 €</td></tr></table>
<p><a href="https://example.org/">example.org</a></p></body></html>
EOF
cat >hyperref.tex <<'EOF'
\documentclass{article}
\usepackage{hyperref}
\hypersetup{pdftitle={Attestation}}
\begin{document}
\section{Attestation}
I declare that what is written here is true.
\begin{tabular}{|l|r|}\hline Care & 125.40 \\ \hline Total & 125.40 \\ \hline\end{tabular}
\[ \sum_{i=1}^{n} i = \frac{n(n+1)}{2} \]
\href{https://example.org/}{example.org}
\end{document}
EOF
cat >plain.tex <<'EOF'
\documentclass{article}
\begin{document}
\section{Attestation}
I declare that what is written here is true.
\[ \sum_{i=1}^{n} i = \frac{n(n+1)}{2} \]
\end{document}
EOF
# A layer that is off, and can be switched on.
cat >layers.tex <<'EOF'
\pdfobjcompresslevel=0
\immediate\pdfobj{<< /Type /OCG /Name (Draft) >>}
\edef\layer{\the\pdflastobj\space 0 R}
\pdfcatalog{/OCProperties << /OCGs [\layer] /D << /Order [\layer] /OFF [\layer] >> >>}
\edef\next{\pdfpageresources={/Properties << /L \layer\space >>}}\next
I declare that what is written here is true.
\pdfliteral page{/OC /L BDC}Nothing is owed.\pdfliteral page{EMC}
\bye
EOF
cat >letter.svg <<'EOF'
<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300"><rect x="20" y="20" width="360" height="120" fill="#dbe7f4" fill-opacity="0.6" stroke="#204060"/><text x="40" y="70" font-family="DejaVu Sans" font-size="20">Attestation</text><text x="40" y="110" font-family="DejaVu Sans" font-size="14">Care 125.40</text></svg>
EOF
printf '.TL\nAttestation\n.LP\nI declare that what is written here is true.\n.NH\nCare\n.LP\nAmount: 125.40\n' >letter.ms
printf 'Attestation\nI declare that what is written here is true.\n' >letter.txt
cat >letter.typ <<'EOF'
#set document(title: "Attestation")
= Attestation
I declare that what is written here is true.
#table(columns: 2, [Care], [125.40], [Total], [125.40])
#link("https://example.org/")[example.org]
EOF

office() { soffice "-env:UserInstallation=file://$work/office" --headless --convert-to "$1" "$2" >/dev/null 2>&1; }
version=$(soffice --version 2>/dev/null | cut -d' ' -f2)
office pdf letter.html && mv letter.pdf accepted/libreoffice-html.pdf && made accepted/libreoffice-html.pdf "LibreOffice Writer" "$version"
py docx letter.docx
office 'pdf:writer_pdf_Export:{"SelectPdfVersion":{"type":"long","value":"3"},"UseTaggedPDF":{"type":"boolean","value":"true"}}' letter.docx
mv letter.pdf accepted/libreoffice-docx-pdfa3.pdf && made accepted/libreoffice-docx-pdfa3.pdf "python-docx, LibreOffice Writer, PDF/A-3 and tagged" "$version"

for engine in pdflatex:hyperref xelatex:plain lualatex:plain; do
	program=${engine%%:*} text=${engine##*:}
	"$program" -interaction=batchmode "$text.tex" >/dev/null
	mv "$text.pdf" "accepted/$program.pdf" && made "accepted/$program.pdf" "$program" "$("$program" --version | sed -n '1s/^[^0-9]*//p')"
done
pdftex -interaction=batchmode layers.tex >/dev/null
mv layers.pdf refused/layers.pdf && made refused/layers.pdf "pdfTeX, a layer" "$(pdftex --version | sed -n '1s/^[^0-9]*//p')"

wkhtmltopdf -q letter.html accepted/qt.pdf && made accepted/qt.pdf "Qt, wkhtmltopdf" "$(wkhtmltopdf --version | cut -d' ' -f2)"
chromium --headless --no-sandbox --disable-gpu "--user-data-dir=$work/chromium" --no-pdf-header-footer \
	--print-to-pdf=accepted/chromium.pdf letter.html 2>/dev/null && made accepted/chromium.pdf "Chromium, Skia" "$(chromium --version | cut -d' ' -f2)"
rsvg-convert -f pdf -o accepted/cairo.pdf letter.svg && made accepted/cairo.pdf "Cairo, rsvg-convert" "$(rsvg-convert --version | cut -d' ' -f3)"
inkscape --export-type=pdf --export-filename=accepted/inkscape.pdf letter.svg 2>/dev/null && made accepted/inkscape.pdf Inkscape "$(inkscape --version 2>/dev/null | cut -d' ' -f2)"
groff -ms -Tpdf letter.ms >accepted/groff.pdf && made accepted/groff.pdf "groff, gropdf" "$(groff --version | sed -n '1s/.* //p')"
groff -ms -Tps letter.ms >letter.ps
gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -sOutputFile=accepted/ghostscript.pdf letter.ps && made accepted/ghostscript.pdf "Ghostscript, from PostScript of groff" "$(gs --version)"
PPD='' /usr/lib/cups/filter/texttopdf 1 user title 1 "" letter.txt >accepted/cups.pdf 2>/dev/null && made accepted/cups.pdf "CUPS, texttopdf" "$(dpkg-query -Wf '${Version}' cups-filters)"
convert -size 200x100 gradient:white-navy -depth 8 scan.png
img2pdf scan.png -o accepted/img2pdf.pdf && made accepted/img2pdf.pdf "img2pdf, of a picture" "$(img2pdf --version | cut -d' ' -f2)"
venv/bin/python -c 'import typst; typst.compile("letter.typ", output="accepted/typst.pdf")' && made accepted/typst.pdf Typst "$(package typst)"
venv/bin/weasyprint letter.html accepted/weasyprint.pdf && made accepted/weasyprint.pdf WeasyPrint "$(package weasyprint)"
for name in reportlab fpdf2 matplotlib borb; do
	py "$name" "accepted/$name.pdf" && made "accepted/$name.pdf" "$name" "$(package "$name")"
done
for name in pdf-lib pdfkit; do
	node write.mjs "$name" "accepted/$name.pdf" && made "accepted/$name.pdf" "$name" "$(node -p "require('$name/package.json').version")"
done
java -cp "$classpath" Write.java accepted/pdfbox.pdf && made accepted/pdfbox.pdf PDFBox "$(grep -o '/pdfbox/[0-9.]*/' <<<"$classpath" | tr -d 'a-z/')"

# Programs that rewrite the files of others.
py objstm accepted/pikepdf-objstm.pdf accepted/libreoffice-html.pdf && made accepted/pikepdf-objstm.pdf "pikepdf, object streams" "$(package pikepdf)"
py attachment accepted/pikepdf-attachment.pdf accepted/fpdf2.pdf && made accepted/pikepdf-attachment.pdf "pikepdf, an attached file" "$(package pikepdf)"
py merged accepted/pypdf-merged.pdf accepted/reportlab.pdf accepted/groff.pdf && made accepted/pypdf-merged.pdf "pypdf, two files" "$(package pypdf)"
qpdf=$(qpdf --version | sed -n '1s/.* //p') poppler=$(pdftocairo -v 2>&1 | sed -n '1s/.* //p') mupdf=$(mutool -v 2>&1 | sed -n '1s/.* //p')
qpdf --linearize --object-streams=disable accepted/chromium.pdf accepted/qpdf-linearised.pdf && made accepted/qpdf-linearised.pdf "qpdf, linearised" "$qpdf"
qpdf --linearize --object-streams=generate accepted/pdflatex.pdf accepted/qpdf-linearised-objstm.pdf && made accepted/qpdf-linearised-objstm.pdf "qpdf, linearised, object streams" "$qpdf"
for shape in word acrobat one; do
	python3 "$here/hybrid.py" "$shape" "accepted/hybrid-$shape.pdf" accepted/libreoffice-docx-pdfa3.pdf && made "accepted/hybrid-$shape.pdf" "hybrid.py, as Word, Acrobat 7 and the standard have it" 1
done
pdftocairo -pdf accepted/chromium.pdf accepted/pdftocairo.pdf && made accepted/pdftocairo.pdf "pdftocairo, Cairo" "$poppler"

# The free entry of object 0 has generation 65536, one over the highest: strict readers,
# pyHanko among them, do not read such a file (ISO 32000-1, 7.5.4).
mutool clean -gggz accepted/weasyprint.pdf refused/mutool-clean.pdf 2>/dev/null && made refused/mutool-clean.pdf "mutool clean" "$mupdf"
# Size is less than the number of objects: by the standard the rest of them is not there,
# by most readers it is (ISO 32000-1, 7.5.5).
pdfunite accepted/ghostscript.pdf accepted/cairo.pdf refused/pdfunite.pdf && made refused/pdfunite.pdf "pdfunite, two files" "$poppler"
qpdf --encrypt "" owner 256 -- accepted/groff.pdf refused/encrypted.pdf && made refused/encrypted.pdf "qpdf, an empty password" "$qpdf"
py form refused/form.pdf && made refused/form.pdf "reportlab, a field to fill in" "$(package reportlab)"
py script refused/script.pdf accepted/reportlab.pdf && made refused/script.pdf "pypdf, JavaScript" "$(package pypdf)"
py revision refused/revision.pdf accepted/reportlab.pdf && made refused/revision.pdf "pypdf, an incremental update" "$(package pypdf)"
head -c 6000 accepted/groff.pdf >refused/truncated.pdf && made refused/truncated.pdf "head, of groff.pdf" 6000
{ cat accepted/reportlab.pdf && printf more; } >refused/appended.pdf && made refused/appended.pdf "cat, of reportlab.pdf and a word" 4

rm -rf "$here/accepted" "$here/refused"
mv accepted refused made.txt "$here/"
du -sh "$here"
