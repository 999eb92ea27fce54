using CoKe.Errors;
using CoKe.Learning.ImageFolders;

namespace CoKe.Trainer.Tests.Data.ImageFolders;

/// <summary>Which folders are parts and which are classes, and what is said of the rest.</summary>
public sealed class ImageFolderSplitTests : IDisposable
{
    readonly ImageTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("train", "val")]
    [InlineData("train", "test")]
    [InlineData("training", "validation")]
    [InlineData("Train", "Val")]
    [InlineData("TRAIN", "TEST")]
    [InlineData("train", "valid")]
    [InlineData("training", "testing")]
    [InlineData("train2017", "val2017")]
    [InlineData("training_set", "test_set")]
    [InlineData("images-train", "images-test")]
    public void Open_PartsInTheirUsualNames_AreNoClasses(string train, string test)
    {
        _tree.With($"{train}/a/1.png", $"{train}/b/1.png", $"{test}/a/1.png", $"{test}/b/1.png");

        var split = ImageFolderSplit.Open(_tree.Path);

        Assert.Equal("a b", string.Join(' ', split.Train.Classes));
        Assert.Equal("a/1.png b/1.png", string.Join(' ', split.Test!.Paths));
    }

    [Theory]
    [InlineData("train")]
    [InlineData("Train")]
    [InlineData("training")]
    public void Open_AClassNamedAsAPart_IsAClassAmongTheOthersAndSaidToBe(string name)
    {
        _tree.With("aeroplane/1.png", "bus/1.png", "car/1.png", $"{name}/1.png");

        var split = ImageFolderSplit.Open(_tree.Path);

        Assert.Equal(4, split.Train.Classes.Count);
        Assert.Contains(name, split.Train.Classes);
        Assert.Null(split.Test);
        var said = Assert.Single(split.Found, line => line.What == "taken for a class");
        Assert.Contains(name, said.Which);
        Assert.Contains($"--data {_tree.File(name)}", said.Which); // if it is a part after all
        Assert.Single(ImageFolderSplit.Open(_tree.File(name)).Train.Paths);
    }

    [Fact]
    public void Open_ClassesWithAFolderInEachOneOfThemNamedTrain_AreClasses()
    {
        _tree.With("bus/images/1.png", "car/images/1.png", "train/images/1.png");

        Assert.Equal("bus car train", string.Join(' ', ImageFolderSplit.Open(_tree.Path).Train.Classes));
    }

    [Fact]
    public void Open_AFolderBesideTheParts_IsLeftOutAndSaidToBe()
    {
        _tree.With("train/a/1.png", "train/b/1.png", "val/a/1.png", "extra/a/1.png", "extra/b/2.png", "loose.png").Folder("notes");

        var split = ImageFolderSplit.Open(_tree.Path);

        Assert.Equal(2, split.Train.Paths.Count);
        Assert.Equal(
            (2L, "extra 2"),
            Assert.Single(split.Found, line => line.What == "left out: images in folders beside the training images") is var line
                ? (line.Count, line.Which)
                : default
        );
        Assert.Equal(1, Assert.Single(split.Found, line => line.What == "left out: images beside the folders").Count);
    }

    [Fact]
    public void Open_FlatTrainBesideFlatTest_IsAPart()
    {
        _tree.With("train/1.png", "train/2.png", "test1/3.png");

        var split = ImageFolderSplit.Open(_tree.Path);

        Assert.Equal(2, split.Train.Paths.Count);
        Assert.Null(split.Train.Labels);
    }

    [Fact]
    public void Open_WhatIsNotRead_IsCountedByKind()
    {
        _tree.With("a/1.png", "a/2.jpg", "loose.png", "loose.jpg").Folder("b");
        foreach (var name in (string[])["a/1.tif", "a/2.tif", "a/3.heic", "a/notes.txt", "a/._1.png"])
            _tree.Write(name, [1]);
        _tree.LinkFolder("a/loop", _tree.File("a"));

        var found = ImageFolderSplit.Open(_tree.Path).Found.ToDictionary(line => line.What, line => (line.Count, line.Which));

        Assert.Equal((2, "a 2, b 0"), found["training images"]);
        Assert.Equal((1, "b"), found["left out: classes without images"]);
        Assert.Equal(
            (3, ".heic 1, .tif 2 (a/1.tif, a/2.tif, a/3.heic): convert them to PNG or JPEG"),
            found["left out: images of kinds that are not read"]
        );
        Assert.Equal((2, "loose.jpg, loose.png"), found["left out: images beside the folders"]);
        Assert.Equal((1, "a/notes.txt"), found["left out: other files"]);
        Assert.Equal((1, "a/._1.png"), found["left out: hidden files"]);
        Assert.Equal((1, "a/loop"), found["left out: links that lead back"]);
        Assert.DoesNotContain("test images", found.Keys);
    }

    [Fact]
    public void Open_AllAsItShouldBe_SaysOnlyWhatIsRead()
    {
        _tree.With("train/a/1.png", "train/b/1.png", "val/a/1.png");

        Assert.Equal("training images, test images", string.Join(", ", ImageFolderSplit.Open(_tree.Path).Found.Select(line => line.What)));
    }

    [Theory]
    [InlineData("tif")]
    [InlineData("HEIC")]
    public void Open_OnlyKindsThatAreNotRead_IsRefusedWithTheRemedy(string ending)
    {
        _tree.Write($"a/1.{ending}", [1]);

        var message = Assert.Throws<InvalidFileException>(() => ImageFolderSplit.Open(_tree.Path)).Message;

        Assert.Contains($"1 {'.'}{ending.ToLowerInvariant()}", message);
        Assert.Contains("convert them to PNG or JPEG", message);
    }

    [Fact]
    public void Open_EveryKindThatIsRead_IsTaken()
    {
        string[] names = ["1.jpg", "2.JPEG", "3.png", "4.webp", "5.bmp", "6.gif", "7.jfif", "8.jpe"];
        foreach (var name in names)
            _tree.Write(name, [1]);

        Assert.Equal(names, ImageFolderSplit.Open(_tree.Path).Train.Paths);
    }
}
