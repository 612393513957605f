import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.font.PDType0Font;
import java.io.File;

/** Write OUT writes the PDFBox file of make.sh. */
public class Write {
  public static void main(String[] args) throws Exception {
    try (PDDocument document = new PDDocument()) {
      PDPage page = new PDPage();
      document.addPage(page);
      try (PDPageContentStream content = new PDPageContentStream(document, page)) {
        content.beginText();
        content.setFont(PDType0Font.load(document, new File("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")), 12);
        content.newLineAtOffset(72, 720);
        content.showText("I declare that what is written here is true. Ζωή");
        content.endText();
      }
      document.save(args[0]);
    }
  }
}
