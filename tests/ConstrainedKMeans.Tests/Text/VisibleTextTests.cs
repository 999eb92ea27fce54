using System.Globalization;
using CoKe.Errors;
using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Text;

public sealed class VisibleTextTests
{
    [Theory]
    [InlineData("\u001b[31mred\u001b[0m", "\\u001b[31mred\\u001b[0m")] // a color
    [InlineData("\u001b]0;title\u0007", "\\u001b]0;title\\u0007")] // a window's title
    [InlineData("\u009b2J", "\\u009b2J")] // the same by one character of C1
    [InlineData("exe.\u202egpj", "exe.\\u202egpj")] // the direction of writing
    [InlineData("a\u2066b\u2069", "a\\u2066b\\u2069")]
    [InlineData("one\nWarning: two\r\n", "one\\nWarning: two\\r\\n")]
    [InlineData("a\u2028b\u0085c\td\u007f\0", "a\\u2028b\\u0085c\\td\\u007f\\u0000")]
    [InlineData("\ufeffhidden\u200b\u00ad", "\\ufeffhidden\\u200b\\u00ad")]
    [InlineData("tag \udb40\udc41", "tag \\udb40\\udc41")] // U+E0041, seen by nobody
    public void Line_WhatSteersOrHides_IsEscaped(string text, string shown) => Assert.Equal(shown, VisibleText.Line(text));

    [Theory]
    [InlineData("")]
    [InlineData("Röd, 日本, α₁, 🎨, 👩‍🎨, نمی‌خواهم; C:\\new [bold]<b>&amp;")]
    public void Line_WhatIsSeen_IsTheSameObject(string text) => Assert.Same(text, VisibleText.Line(text));

    [Fact]
    public void Line_HalfAPair_IsEscaped() => Assert.Equal("half \\ud83d a pair", VisibleText.Line($"half {(char)0xd83d} a pair"));

    [Fact]
    public void Of_Lines_StayLines() => Assert.Equal("one\ntwo\r\n\tthree\\r\\u001b[1A", VisibleText.Of("one\ntwo\r\n\tthree\r\u001b[1A"));

    [Fact]
    public void Sentence_OfManyLines_IsOne() =>
        Assert.Equal("It is wrong: line 1 is no \\u001b[2K.", VisibleText.Sentence("It is wrong:\nline 1 is\r\nno \u001b[2K."));

    [Fact]
    public void Sentence_ThatIsTooLong_KeepsItsBeginningAndItsRemedy()
    {
        var shown = VisibleText.Sentence($"The name {new string('x', 1 << 20)}\u001b is too long: shorten it.");

        Assert.InRange(shown.Length, VisibleText.LongestSentence / 2, VisibleText.LongestSentence);
        Assert.StartsWith("The name xxx", shown);
        Assert.EndsWith("\\u001b is too long: shorten it.", shown);
    }

    [Fact]
    public void Any_Text_ComesOutVisibleAndIsThenLeftAlone() =>
        Gen.String[Gen.Char, 0, 50]
            .Sample(
                text =>
                {
                    foreach (var shown in (string[])[VisibleText.Line(text), VisibleText.Sentence(text)])
                    {
                        Assert.DoesNotContain(shown, one =>
                            char.GetUnicodeCategory(one)
                                is UnicodeCategory.Control
                                    or UnicodeCategory.LineSeparator
                                    or UnicodeCategory.ParagraphSeparator
                        );
                        Assert.Equal(shown, VisibleText.Line(shown));
                    }
                },
                seed: "0000KOIPGY2n"
            );

    [Fact]
    public void Error_WithTheNameOfAStranger_IsOneVisibleLine()
    {
        var error = new InvalidFileException("f", "v", "\u001b[31mx\ny cannot be read.\u202e");

        Assert.Equal("\\u001b[31mx y cannot be read.\\u202e", error.Message);
    }
}
