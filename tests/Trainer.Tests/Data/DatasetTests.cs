using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.Images;

namespace CoKe.Trainer.Tests.Data;

public sealed class DatasetTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("t10k", "")]
    [InlineData("t10k", ".gz")]
    [InlineData("test", "")]
    [InlineData("test", ".gz")]
    public void Load_MnistAndUspsNames_FindsAllFourFiles(string test, string suffix)
    {
        _folder.WritePair("train", 20, 16, suffix);
        _folder.WritePair(test, 10, 16, suffix);

        var data = Dataset.Load(_folder.Path);

        Assert.Equal((20, 10, 16), (data.Train.Count, data.Test!.Count, data.Train.Width));
        Assert.Equal((20, 10), (data.TrainLabels!.Classes.Length, data.TestLabels!.Classes.Length));
    }

    [Fact]
    public void Load_OnePairOnly_HoldsOutEveryFifthImage()
    {
        _folder.WritePair("digits", 20, 8, ".gz");

        var data = Dataset.Load(_folder.Path);

        Assert.Equal((16, 4), (data.Train.Count, data.Test!.Count));
        Assert.Equal([4, 9, 4, 9], data.TestLabels!.Classes);
    }

    [Fact]
    public void Load_OnePairOfTooFewToHoldOutAny_HasNoTestImagesAndSaysSo()
    {
        _folder.WritePair("digits", 4, 8);

        var data = Dataset.Load(_folder.Path);

        Assert.Equal((4, null), (data.Train.Count, data.Test));
        Assert.Contains(
            "holds 4 images and no test images, so nothing is held out: give test images beside them, or at least 5",
            Assert.Single(data.Gaps.Sentences)
        );
    }

    [Fact]
    public void Fingerprint_EqualOnlyForEqualTrainingImages()
    {
        using var elsewhere = new TemporaryFolder();
        _folder.WritePair("train", 20, 16);
        _folder.WritePair("test", 5, 16);
        elsewhere.WritePair("train", 20, 16, ".gz");
        elsewhere.WritePair("test", 6, 16);
        var data = Dataset.Load(_folder.Path);

        Assert.Equal(data.Fingerprint(), Dataset.Load(elsewhere.Path).Fingerprint()); // other test images
        Assert.Equal(
            data.Fingerprint(),
            (data with { TrainLabels = null, TestLabels = new EvaluationLabels([0, 1, 2, 3, 4]) }).Fingerprint()
        );
        Assert.NotEqual(data.Fingerprint(), data.Limit(15).Fingerprint());
    }

    [Theory]
    [InlineData("unpaired", "19 labels for the 20 images")]
    [InlineData("missing", "train-images-idx3-ubyte has no labels file beside it")]
    [InlineData("truncated", "train-labels-idx1-ubyte is truncated")]
    public void Load_LabelsThatCannotBeRead_HasNoneAndSaysWhy(string fault, string problem)
    {
        _folder.WritePair("train", 20, 8);
        _folder.WritePair("t10k", 10, 8);
        File.Delete(_folder.File("train-labels-idx1-ubyte"));
        if (fault != "missing")
            _folder.Write("train-labels-idx1-ubyte", IdxFiles.Idx(fault == "unpaired" ? [19u] : [20u], 19));

        var data = Dataset.Load(_folder.Path);

        Assert.Equal((20, null, 10), (data.Train.Count, data.TrainLabels, data.TestLabels!.Classes.Length));
        Assert.Contains(problem, Assert.Single(data.Gaps.Sentences));
    }

    [Fact]
    public void Load_TestImagesOfAnotherSize_HasNoneAndSaysWhy()
    {
        _folder.WritePair("train", 20, 8);
        _folder.WritePair("t10k", 10, 9);

        var data = Dataset.Load(_folder.Path);

        // And none are held out of those that are learned from.
        Assert.Equal((20, null, null), (data.Train.Count, data.Test, data.TestLabels));
        Assert.Contains("one size", Assert.Single(data.Gaps.Sentences));
    }

    [Fact]
    public void Load_EmptyFolder_SaysWhatIsExpected() => Assert.Contains("train-images-idx3-ubyte", AssertRefused().Message);

    [Fact]
    public void Load_NoFolder_IsRefused() => Assert.Throws<InvalidFileException>(() => Dataset.Load(_folder.File("nothing")));

    [Fact]
    public void Load_CifarBinaries_JoinsBatchesAndSplitsLabels()
    {
        _folder.Write("data_batch_1.bin", [.. Record(3, 10), .. Record(4, 20)]);
        _folder.Write("data_batch_2.bin", Record(5, 30));
        _folder.Write("test_batch.bin", Record(9, 40));

        var data = Dataset.Load(_folder.Path);

        Assert.Equal((3, 3, 32, 32), (data.Train.Count, data.Train.Channels, data.Train.Height, data.Train.Width));
        Assert.Equal([3, 4, 5], data.TrainLabels!.Classes);
        Assert.Equal([10, 20, 30, 40], new[] { data.Train[0][0], data.Train[1][3071], data.Train[2][1500], data.Test![0][0] });
    }

    [Fact]
    public void Load_TruncatedCifar_IsRefused()
    {
        _folder.Write("data_batch_1.bin", Record(3, 10)[..3000]);

        Assert.Contains("3000 bytes", AssertRefused().Message);
    }

    [Fact]
    public void Load_CifarWithWrongLabel_IsRefused()
    {
        _folder.Write("data_batch_1.bin", [.. Record(3, 10), .. Record(10, 10)]);

        Assert.Contains("label 10 at byte 3073", AssertRefused().Message);
    }

    [Fact]
    public void Load_Bundled_IsThePartOfFashionMnistThatTheNoticeSays()
    {
        var data = Dataset.Load(Path.Combine(AppContext.BaseDirectory, "Bundled", "fashion-mnist"));

        Assert.Equal(
            (9000, 1000, 28, 28, 255),
            (data.Train.Count, data.Test!.Count, data.Train.Height, data.Train.Width, data.Train.Largest)
        );
        Assert.Equal(10, data.TestLabels!.ClassCount);
    }

    [Fact]
    public void Limit_FewerImages_KeepsTheFirstAndTheirLabels()
    {
        _folder.WritePair("train", 20, 8);
        _folder.WritePair("t10k", 10, 8);

        var data = Dataset.Load(_folder.Path).Limit(7);

        Assert.Equal((7, 7, 10), (data.Train.Count, data.TrainLabels!.Classes.Length, data.Test!.Count));
    }

    InvalidFileException AssertRefused() => Assert.Throws<InvalidFileException>(() => Dataset.Load(_folder.Path));

    static byte[] Record(byte label, byte value) => [label, .. Enumerable.Repeat(value, 3072)];
}
