using CoKe.Errors;
using CoKe.Learning.ImageFolders;

namespace CoKe.Trainer.Tests.Data.ImageFolders;

public sealed class ImageFolderTests : IDisposable
{
    readonly ImageTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Open_ClassesAndFoldersInThem_NumbersPathsAndClassesByOrdinalOrder()
    {
        _tree.With("b/2.JPEG", "b/10.png", "a/deep/er/1.jpg", "a-b/1.jpg", "B/1.Png");

        var images = ImageFolder.Open(_tree.Path);

        string[] paths = ["B/1.Png", "a-b/1.jpg", "a/deep/er/1.jpg", "b/10.png", "b/2.JPEG"],
            classes = ["B", "a", "a-b", "b"];
        Assert.Equal(paths, images.Paths);
        Assert.Equal(classes, images.Classes);
        Assert.Equal("0 2 1 3 3", string.Join(' ', images.Labels!.Classes));
    }

    [Fact]
    public void Open_OtherAndHiddenFiles_AreListedApart()
    {
        _tree.With("a/1.png", "cover.png", ".hidden/1.png");
        _tree.Write("a/notes.txt", [1]);
        _tree.Write("a/._1.png", [1]);

        var images = ImageFolder.Open(_tree.Path);

        Assert.Equal("a/1.png", Assert.Single(images.Paths));
        Assert.Equal("a", Assert.Single(images.Classes));
        Assert.Equal("a/._1.png a/notes.txt cover.png", string.Join(' ', images.OtherFiles.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Open_EmptyClass_KeepsItsNumberAndIsNamed()
    {
        _tree.With("a/1.png", "c/1.png").Folder("b");

        var images = ImageFolder.Open(_tree.Path);

        Assert.Equal("0 2", string.Join(' ', images.Labels!.Classes));
        Assert.Equal("b", Assert.Single(images.EmptyClasses));
    }

    [Fact]
    public void Open_NoFoldersInIt_HasNoClasses()
    {
        var images = ImageFolder.Open(_tree.With("2.png", "1.png").Path);

        Assert.Equal("1.png 2.png", string.Join(' ', images.Paths));
        Assert.Null(images.Labels);
        Assert.Empty(images.Classes);
    }

    [Fact]
    public void Open_LinksThatLeadBack_AreSkippedAndOthersAreFollowed()
    {
        using var elsewhere = new ImageTree().With("x/1.png");
        _tree.With("a/1.png", "a/in/2.png");
        _tree.LinkFolder("a/in/loop", _tree.File("a"));
        _tree.LinkFolder("a/up", Path.GetDirectoryName(_tree.Path)!);
        _tree.LinkFolder("root", ".");
        _tree.LinkFolder("a/self", "self");
        _tree.LinkFolder("a/nowhere", "/nowhere/at/all");
        _tree.LinkFolder("b", elsewhere.File("x"));
        elsewhere.LinkFolder("x/back", _tree.File("b"));
        File.CreateSymbolicLink(_tree.File("a/3.png"), _tree.File("a/1.png"));

        var images = ImageFolder.Open(_tree.Path);

        Assert.Equal("a/1.png a/3.png a/in/2.png b/1.png", string.Join(' ', images.Paths));
        Assert.Equal("a/in/loop a/up b/back root", string.Join(' ', images.SkippedLinks));
        Assert.Equal("a/nowhere a/self", string.Join(' ', images.OtherFiles));
        Assert.Equal("a b", string.Join(' ', images.Classes));
    }

    [Fact]
    public void Open_TooDeep_IsRefused()
    {
        _tree.With(string.Concat(Enumerable.Repeat("d/", 40)) + "1.png");

        Assert.Contains("deep", Assert.Throws<InvalidFileException>(() => ImageFolder.Open(_tree.Path)).Message);
    }

    [Fact]
    public void Open_NothingToRead_IsRefused()
    {
        _tree.Write("a/notes.txt", [1]);

        Assert.Contains(
            "holds no JPEG, PNG, WebP, BMP or GIF files",
            Assert.Throws<InvalidFileException>(() => ImageFolder.Open(_tree.Path)).Message
        );
        Assert.Throws<InvalidFileException>(() => ImageFolder.Open(_tree.File("nothing")));
    }

    [Fact]
    public void Fingerprint_EqualOnlyForEqualNamesAndLengths()
    {
        using var elsewhere = new ImageTree().With("a/1.png", "b/2.png");
        var here = ImageFolder.Open(_tree.With("a/1.png", "b/2.png").Path).Fingerprint();

        Assert.Equal(here, ImageFolder.Open(elsewhere.Path).Fingerprint());
        File.AppendAllText(elsewhere.File("a/1.png"), "x");
        Assert.NotEqual(here, ImageFolder.Open(elsewhere.Path).Fingerprint());
        File.Move(_tree.File("a/1.png"), _tree.File("a/3.png"));
        Assert.NotEqual(here, ImageFolder.Open(_tree.Path).Fingerprint());
    }

    [Fact]
    public void Fingerprint_LinkedImages_IsThatOfTheFilesBehindThem()
    {
        using var links = new ImageTree();
        var files = ImageFolder.Open(_tree.With("a/1.png", "a/2.png").Path).Fingerprint();
        links.Folder("a");
        foreach (var name in (string[])["a/1.png", "a/2.png"])
            File.CreateSymbolicLink(links.File(name), _tree.File(name));

        Assert.Equal(files, ImageFolder.Open(links.Path).Fingerprint());
        File.CreateSymbolicLink(links.File("a/self.png"), "self.png");
        Assert.NotEqual(files, ImageFolder.Open(links.Path).Fingerprint());
    }

    [Fact]
    public void Split_TrainAndVal_NumbersTestClassesAsTheTrainingImagesDo()
    {
        _tree.With("train/a/1.png", "train/b/1.png", "train/c/1.png", "val/b/1.png", "val/c/1.png", "other.png");

        var split = ImageFolderSplit.Open(_tree.Path);

        Assert.Equal(3, split.Train.Paths.Count);
        Assert.Equal("1 2", string.Join(' ', split.Test!.Labels!.Classes));
        Assert.Equal(split.Train.Classes, split.Test.Classes);
    }

    [Fact]
    public void Split_TestClassThatTrainingLacks_IsLeftOutByName()
    {
        _tree.With("train/a/1.png", "val/a/1.png", "val/z/1.png");

        var split = ImageFolderSplit.Open(_tree.Path);

        Assert.Equal("a/1.png", Assert.Single(split.Test!.Paths));
        Assert.Contains("val/z is a class that", Assert.Single(split.Gaps.Sentences));
    }

    [Fact]
    public void Split_ValWithoutClassesAndTestWithThem_TakesTest()
    {
        _tree.With("train/a/1.png", "train/b/1.png", "val/1.png", "test/b/1.png");

        var split = ImageFolderSplit.Open(_tree.Path);

        Assert.Equal("1", string.Join(' ', split.Test!.Labels!.Classes));
        Assert.Contains("val holds 1 images without the folders of classes", Assert.Single(split.Gaps.Sentences));
    }

    [Fact]
    public void Split_ClassesOfTestImagesAlone_AreTheirOwn()
    {
        _tree.With("train/1.png", "train/2.png", "val/b/1.png", "val/a/1.png");

        Assert.Equal("0 1", string.Join(' ', ImageFolderSplit.Open(_tree.Path).Test!.Labels!.Classes));
    }

    [Fact]
    public void Spread_TakesImagesOfEveryClass()
    {
        _tree.With([.. from c in (string[])["a", "b", "c"] from i in Enumerable.Range(0, 4) select $"{c}/{i}.png"]);

        var some = ImageFolder.Open(_tree.Path).Spread(6);

        string[] expected = ["a/0.png", "a/2.png", "b/0.png", "b/2.png", "c/0.png", "c/2.png"];
        Assert.Equal(expected, some.Paths);
        int[] classes = [0, 0, 1, 1, 2, 2];
        Assert.Equal(classes, some.Labels!.Classes);
        Assert.NotEqual(ImageFolder.Open(_tree.Path).Fingerprint(), some.Fingerprint());
        Assert.Equal(12, ImageFolder.Open(_tree.Path).Spread(100).Paths.Count);
    }
}
