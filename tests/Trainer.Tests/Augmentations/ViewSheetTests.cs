using System.CommandLine;
using CoKe.Errors;
using CoKe.Trainer.Commands;
using CoKe.Trainer.Tests.Data.ImageFolders;
using SkiaSharp;

namespace CoKe.Trainer.Tests.Augmentations;

public sealed class ViewSheetTests : IDisposable
{
    readonly ImageTree _tree = new ImageTree().With("a/1.jpg", "a/2.png", "b/1.jpg", "b/2.png");

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Draw_Multicrop_HasACellForEveryImageAndView()
    {
        var sheet = ViewSheet.Draw(new SheetOptions(_tree.Path, "coke-multi", Rows: 3, Size: 70));

        using var picture = SKBitmap.Decode(sheet.Png);
        Assert.Equal((3, 8), (sheet.Rows, sheet.Columns));
        // 4 before and between, 12 after the first column: three of 70 pixels and six of 30.
        Assert.Equal((4 + 70 + 12 + (2 * 74) + (6 * 34), 4 + (3 * 74)), (picture.Width, picture.Height));
    }

    [Fact]
    public void Draw_SameSeed_RepeatsAndAnotherSeedDrawsOtherViews()
    {
        var options = new SheetOptions(_tree.Path, "cifar", Rows: 4);

        var first = ViewSheet.Draw(options).Png;

        Assert.Equal(first, ViewSheet.Draw(options).Png);
        Assert.NotEqual(first, ViewSheet.Draw(options with { Seed = 1 }).Png);
    }

    [Fact]
    public void Draw_EndOfTraining_DrawsCropsThatHaveGrown()
    {
        var options = new SheetOptions(_tree.Path, "small-gray", Rows: 4);

        Assert.NotEqual(ViewSheet.Draw(options).Png, ViewSheet.Draw(options with { Progress = 1 }).Png);
    }

    [Fact]
    public void Draw_SmallImage_ShowsItsOwnPixelsMagnified()
    {
        using var one = new ImageTree();
        one.Write("0.png", ImageTree.Png(32, 32, 5));

        var sheet = ViewSheet.Draw(new SheetOptions(one.Path, "cifar", Rows: 1));

        using var picture = SKBitmap.Decode(sheet.Png);
        var planes = ImageTree.Planes(32, 32, 5);
        for (var at = 0; at < 32 * 32; at++)
            Assert.Equal(
                new SKColor(planes[at], planes[1024 + at], planes[2048 + at]),
                picture.GetPixel(4 + at % 32 * 3 + 1, 4 + at / 32 * 3 + 1)
            );
    }

    [Fact]
    public void Draw_UnreadableImage_IsToldAndLeftOut()
    {
        _tree.Write("b/3.png", [1]);

        var sheet = ViewSheet.Draw(new SheetOptions(_tree.Path, Rows: 5));

        Assert.Equal((4, "b/3.png"), (sheet.Rows, sheet.Unreadable.Single().Path));
    }

    [Fact]
    public void Draw_SheetTooLarge_IsRefused() =>
        Assert.Equal(
            "images",
            Assert
                .Throws<InvalidOptionsException>(() =>
                    ViewSheet.Draw(new SheetOptions(_tree.Path, "byol", Rows: 4, Columns: 100, Size: 1024))
                )
                .Field
        );

    [Theory]
    [InlineData(0, "--out", "views.png")]
    [InlineData(1, "--out", "views.jpg")]
    [InlineData(1, "--out", "views.png", "--preset", "none")]
    [InlineData(1, "--out", "views.png", "--images", "0")]
    [InlineData(1, "--out", "nowhere/views.png")]
    [InlineData(1)]
    public async Task Command_Arguments_AreCheckedBeforeAnythingIsWritten(int code, params string[] arguments)
    {
        string[] line =
        [
            "--data",
            _tree.Path,
            "--size",
            "16",
            .. arguments.Select(a =>
                a.StartsWith("views", StringComparison.Ordinal) || a.StartsWith("nowhere", StringComparison.Ordinal) ? _tree.File(a) : a
            ),
        ];

        Assert.Equal(
            code,
            await AugmentationsCommand
                .Create()
                .Parse(line)
                .InvokeAsync(new InvocationConfiguration { Output = TextWriter.Null, Error = TextWriter.Null })
        );

        Assert.Equal(code == 0 ? 1 : 0, Directory.GetFiles(_tree.Path).Length);
    }
}
