"""write.py WHAT OUT [IN...] writes one of the files of make.sh."""

import sys

what, out, given = sys.argv[1], sys.argv[2], sys.argv[3:]
TEXT = "I declare that what is written here is true."

if what == "reportlab":
    from reportlab.pdfgen import canvas

    c = canvas.Canvas(out, invariant=1)
    c.setTitle("Attestation")
    c.drawString(72, 720, TEXT)
    c.bookmarkPage("p1")
    c.addOutlineEntry("Attestation", "p1")
    c.showPage()
    c.drawString(72, 720, "Page 2")
    c.save()
elif what == "fpdf2":
    from fpdf import FPDF

    p = FPDF()
    p.set_title("Attestation")
    p.add_page()
    p.add_font("dv", "", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
    p.set_font("dv", size=12)
    p.cell(text="Je déclare. Ζωή, Łukasz.")
    p.output(out)
elif what == "matplotlib":
    import matplotlib

    matplotlib.use("pdf")
    from matplotlib import pyplot

    pyplot.plot([1, 2, 3], [4, 1, 9])
    pyplot.title("Care, EUR")
    pyplot.savefig(out)
elif what == "borb":
    from borb.pdf import PDF, Document, Page, Paragraph, SingleColumnLayout

    d = Document()
    p = Page()
    d.append_page(p)
    SingleColumnLayout(p).append_layout_element(Paragraph(TEXT))
    PDF.write(what=d, where_to=out)
elif what == "docx":
    from docx import Document

    d = Document()
    d.add_heading("Attestation")
    d.add_paragraph(TEXT)
    t = d.add_table(2, 2)
    t.cell(0, 0).text, t.cell(0, 1).text = "Care", "125.40"
    d.save(out)
elif what == "objstm":
    import pikepdf

    p = pikepdf.open(given[0])
    p.docinfo["/Title"] = "Attestation"
    p.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
elif what == "attachment":
    import pikepdf

    p = pikepdf.open(given[0])
    p.attachments["figures.csv"] = pikepdf.AttachedFileSpec(p, b"care;125.40\n", mime_type="text/csv")
    p.save(out)
elif what == "merged":
    from pypdf import PdfWriter

    w = PdfWriter()
    for name in given:
        w.append(name)
    w.write(out)
elif what == "form":
    from reportlab.pdfgen import canvas

    c = canvas.Canvas(out, invariant=1)
    c.drawString(72, 720, "Amount:")
    c.acroForm.textfield(name="amount", x=140, y=710)
    c.save()
elif what == "script":
    from pypdf import PdfWriter
    from pypdf.actions import JavaScript

    w = PdfWriter(clone_from=given[0])
    w.add_open_action(JavaScript("this.print();"))
    w.write(out)
elif what == "revision":
    from pypdf import PdfWriter

    w = PdfWriter(given[0], incremental=True)
    w.add_metadata({"/Title": "Second version"})
    w.write(out)
else:
    sys.exit("write.py: what is " + what + "?")
