using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.ImageFolders;
using CoKe.Trainer.Tests.Data.ImageFolders;

namespace CoKe.Trainer.Tests.Data;

public sealed class Cifar100Tests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ClassLevel.Fine, "99 41", 7)]
    [InlineData(ClassLevel.Coarse, "19 4", 3)]
    public void Load_Binaries_GivesTheClassesOfTheLevel(ClassLevel level, string classes, int test)
    {
        _folder.Write("train.bin", [.. Record(19, 99, 10), .. Record(4, 41, 20)]);
        _folder.Write("test.bin", Record(3, 7, 30));

        var data = Dataset.Load(_folder.Path, level);

        Assert.Equal(classes, string.Join(' ', data.TrainLabels!.Classes));
        Assert.Equal(test, data.TestLabels!.Classes.Single());
        Assert.Equal((10, 10, 20, 30), ((int)data.Train[0][0], (int)data.Train[0][3071], (int)data.Train[1][0], (int)data.Test![0][3071]));
    }

    [Theory]
    [InlineData(20, 0, "label 20 at byte 3074")]
    [InlineData(0, 100, "label 100 at byte 3075")]
    public void Load_LabelThatDoesNotExist_IsRefused(byte coarse, byte fine, string problem)
    {
        _folder.Write("train.bin", [.. Record(1, 1, 1), .. Record(coarse, fine, 1)]);

        Assert.Contains(problem, Assert.Throws<InvalidFileException>(() => Dataset.Load(_folder.Path)).Message);
    }

    [Fact]
    public void Load_Truncated_IsRefused()
    {
        _folder.Write("train.bin", Record(1, 1, 1)[..^1]);

        Assert.Contains(
            "3073 bytes, which is no whole number of CIFAR-100 records",
            Assert.Throws<InvalidFileException>(() => Dataset.Load(_folder.Path)).Message
        );
    }

    [Fact]
    public void Load_CoarseClassesOfOtherData_AreRefused()
    {
        _folder.WritePair("train", 20, 8);

        Assert.Equal("level", Assert.Throws<InvalidOptionsException>(() => Dataset.Load(_folder.Path, ClassLevel.Coarse)).Field);
    }

    [Fact]
    public void Open_EachKindOfFolder_IsRecognized()
    {
        using var photographs = new ImageTree().With("train/a/1.jpg", "train/a/2.jpg", "val/a/1.jpg");
        using var digits = new TemporaryFolder();
        digits.WritePair("train", 20, 8);
        _folder.Write("train.bin", Record(1, 1, 1));
        _folder.Write("test.bin", Record(1, 1, 1));

        (int, int)[] expected = [(2, 3), (16, 1), (1, 3)];
        Assert.Equal(
            expected,
            new[] { photographs.Path, digits.Path, _folder.Path }
                .Select(f => TrainingImages.Open(f, new ImageFolderOptions()))
                .Select(s => (s.Count, s.Channels))
        );
        Assert.Throws<InvalidFileException>(() => TrainingImages.Open(_folder.File("nothing"), new ImageFolderOptions()));
    }

    static byte[] Record(byte coarse, byte fine, byte value) => [coarse, fine, .. Enumerable.Repeat(value, 3072)];
}
