using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.ImageFolders;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Tests.Data;
using CoKe.Trainer.Tests.Data.ImageFolders;

namespace CoKe.Trainer.Tests.Advice;

/// <summary>What is said of images that cannot be read as they are works when it is followed.</summary>
public sealed class DataAdviceTests : AdvisedRuns
{
    /// <summary>Photographs of 108 megapixels, which a JPEG decoder takes at an eighth.</summary>
    [Fact]
    public void Read_LargeJpegAtAPartOfItsSize_CountsThePixelsThatItDecodesTo()
    {
        _tree.Write("0.jpg", ImageTree.Jpeg(400, 320, 1));

        Assert.Null(ImageFile.ProblemOf(_tree.File("0.jpg"), new ImageFolderOptions { MaxPixels = 50 * 40, ShorterSide = 40 }));
        Assert.Contains(
            "has 400x320 pixels, more than data.pixel-limit = 2000",
            ImageFile.ProblemOf(_tree.File("0.jpg"), new ImageFolderOptions { MaxPixels = 50 * 40 })
        );
    }

    [Fact]
    public void Load_MoreBytesThanTheLimit_IsReadOnceItIsRaised()
    {
        _tree.Write("train-images-idx3-ubyte", IdxFiles.Idx([20, 8, 8], 20 * 64));
        _tree.Write("c/data_batch_1.bin", new byte[2 * 3073]);

        var refused = Assert
            .Throws<InvalidFileException>(() =>
                RunImages.Open(_tree.Path, RecipeDefaults.Recipe.Data with { ByteLimit = 1000 }, ClassLevel.Fine, null)
            )
            .Message;
        Assert.Contains("more values than the 1000 bytes of data.byte-limit: raise that, up to 2147483591", refused);
        Assert.Contains(
            "more than the 4000 of data.byte-limit: raise that",
            Assert
                .Throws<InvalidFileException>(() =>
                    RunImages.Open(_tree.File("c"), RecipeDefaults.Recipe.Data with { ByteLimit = 4000 }, ClassLevel.Fine, null)
                )
                .Message
        );

        Assert.Equal(
            16,
            RunImages
                .Open(_tree.Path, RecipeDefaults.Recipe.Data with { ByteLimit = Array.MaxLength }, ClassLevel.Fine, null)
                .Train.Images.Count
        );
        Assert.Equal(
            2,
            RunImages.Open(_tree.File("c"), RecipeDefaults.Recipe.Data with { ByteLimit = 6146 }, ClassLevel.Fine, null).Train.Images.Count
        );
    }

    [Fact]
    public void Open_DataOfAnotherKind_WorksWithAnotherRecipeOrFolder()
    {
        WriteImages();
        var refused = Assert
            .Throws<InvalidFileException>(() =>
                RunImages.Open(
                    _tree.File("images"),
                    RecipeDefaults.Recipe.Data with
                    {
                        Format = CoKe.Learning.Data.DataFormat.Idx,
                    },
                    ClassLevel.Fine,
                    null
                )
            )
            .Message;

        Assert.Contains("give such a folder by --data, or another recipe", refused);
        Assert.Equal(
            Count,
            RunImages
                .Open(_tree.File("images"), RecipeDefaults.Recipe.Data, RecipeDefaults.Recipe.Evaluation.Classes, null)
                .Train.Images.Count
        );
    }
}
