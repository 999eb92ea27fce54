using System.Text;
using CoKe.Learning.ImageFolders;

namespace CoKe.Trainer.Tests.Data.ImageFolders;

/// <summary>Test images in one folder whose classes a table tells.</summary>
public sealed class ValClassesTests : IDisposable
{
    readonly ImageTree _tree = new ImageTree().With(
        "train/n1/a.png",
        "train/n2/b.png",
        "train/n3/c.png",
        "val/images/val_0.png",
        "val/images/val_1.png",
        "val/images/val_2.png"
    );

    public void Dispose() => _tree.Dispose();

    [Theory]
    // Tiny ImageNet.
    [InlineData("val/val_annotations.txt", "val_0.png\tn3\t0\t0\t62\t62\nval_1.png\tn1\t1\t1\t9\t9\nval_2.png\tn3\t0\t0\t1\t1\n")]
    [InlineData(
        "val/LOC_val_solution.csv",
        "ImageId,PredictionString\nval_0,n3 85 1 499 272\nval_1,n1 1 2 3 4 n1 5 6 7 8\nval_2,n3 0 0 1 1\n"
    )] // ImageNet of Kaggle
    [InlineData("LOC_val_solution.csv", "ImageId,PredictionString\r\nval_0,n3 85 1 499 272\r\nval_1,n1 1 2 3 4\r\nval_2,n3 0 0 1 1\r\n")]
    [InlineData("val/val_annotations.txt", "val_0.png n3\nval_1.png n1\nval_2.png n3")]
    public void Open_TableOfClasses_TellsThoseOfTestImages(string table, string content)
    {
        _tree.Write(table, Encoding.UTF8.GetBytes(content));

        var split = ImageFolderSplit.Open(_tree.Path);

        Assert.Equal([2, 0, 2], split.Test!.Labels!.Classes);
        Assert.Empty(split.Gaps.Sentences);
        Assert.Contains(split.Found, line => line.What == "test images" && line.Count == 3);
    }

    [Fact]
    public void Open_TableThatLacksSome_EvaluatesTheOthersAndSaysSo()
    {
        _tree.Write("val/val_annotations.txt", "val_1.png\tn2\n"u8.ToArray());

        var split = ImageFolderSplit.Open(_tree.Path);

        Assert.Equal(("images/val_1.png", 1), (split.Test!.Paths.Single(), split.Test.Labels!.Classes.Single()));
        Assert.Contains("2 of the 3 images", Assert.Single(split.Gaps.Sentences));
    }

    [Fact]
    public void Open_FoldersOfTheClassesBesideATable_Count()
    {
        _tree.With("val/n2/x.png");
        _tree.Write("val/val_annotations.txt", "x.png\tn1\n"u8.ToArray());

        Assert.Equal([1], ImageFolderSplit.Open(_tree.Path).Test!.Labels!.Classes);
    }

    /// <summary>What is advised where there is none, followed.</summary>
    [Fact]
    public void Open_WithoutATable_NamesOneThatWorks()
    {
        var refused = Assert.Single(ImageFolderSplit.Open(_tree.Path).Gaps.Sentences);

        Assert.Contains("or put val_annotations.txt there, with a line of file, tab and class for every image", refused);
        _tree.Write("val/val_annotations.txt", "val_0.png\tn1\nval_1.png\tn2\nval_2.png\tn3"u8.ToArray());
        Assert.Empty(ImageFolderSplit.Open(_tree.Path).Gaps.Sentences);
    }
}
