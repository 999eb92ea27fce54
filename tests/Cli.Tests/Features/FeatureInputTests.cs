using System.Globalization;
using System.Text.RegularExpressions;
using CoKe.Cli.Features;
using CoKe.Errors;

namespace CoKe.Cli.Tests.Features;

/// <summary>Folders of shards: their order, what belongs to them, and what is refused by the name of a file.</summary>
public sealed partial class FeatureInputTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public FeatureInputTests() => Directory.CreateDirectory(_folder.File("x"));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("part-10.npy", "part-9.npy", "part-8.npy", "part-11.npy")]
    [InlineData("features_0010.npy", "features_0009.npy", "features_0008.npy")]
    [InlineData("train-00002-of-00003.npy", "train-00000-of-00003.npy", "train-00001-of-00003.npy")]
    [InlineData("2.npy", "1.npy", "0.npy")]
    [InlineData("PART-1.NPY", "PART-0.NPY")]
    [InlineData("v2-part-1.npy", "v2-part-0.npy")]
    [InlineData("resnet50.npy")]
    [InlineData("features.npy")]
    public void Open_ShardsOfOneNumbering_AreReadInTheOrderOfTheirNumbers(params string[] names)
    {
        foreach (var name in names)
            Save(name, [Number(name), 1]);
        using var input = Open();
        Assert.Equal(names.OrderBy(Number), input.Files.Select(file => Path.GetFileName(file.Path)));
        Assert.Equal(names.Select(Number).Order(), FeatureRow(input, 0));
        Assert.Empty(input.LeftOut);
    }

    [Fact]
    public void Open_OtherFilesInTheFolder_AreLeftOutByName()
    {
        string[] others = ["part-3.npy.tmp", "readme.txt", "part-x.npy", ".hidden"];
        Save("part-1.npy", [1, 1]);
        Save("part-2.npy", [2, 1]);
        foreach (var other in others)
            File.WriteAllText(_folder.File($"x/{other}"), "no rows");
        Directory.CreateDirectory(_folder.File("x/inner"));
        using var input = Open();
        Assert.Equal([.. others.Order(StringComparer.Ordinal), "inner/"], input.LeftOut);
        Assert.Equal(2, input.Rows);
    }

    [Fact]
    public void Open_OneNumberingBesideAnotherArray_TakesTheNumberingAndSaysSo()
    {
        Save("features-0.npy", [1, 1]);
        Save("features-1.npy", [2, 1]);
        Save("labels.npy", [9, 9]);
        using var input = Open();
        Assert.Equal([1f, 2f], FeatureRow(input, 0));
        Assert.Equal(["labels.npy"], input.LeftOut);
    }

    [Fact]
    public void Open_SeveralNumberings_IsRefusedAndPartNamesAreTheRemedy()
    {
        foreach (var name in (string[])["train-0.npy", "train-1.npy", "val-0.npy", "val-1.npy"])
            Save(name, [1, 1]);
        Assert.Contains("train-0.npy, train-1.npy, val-0.npy, val-1.npy", Refusal());
        for (var i = 0; i < 2; i++)
            File.Move(_folder.File($"x/train-{i}.npy"), _folder.File($"x/part-{i}.npy"));
        using var input = Open();
        Assert.Equal(["val-0.npy", "val-1.npy"], input.LeftOut);
    }

    [Fact]
    public void Open_ArraysWithoutNumbers_AreRefused()
    {
        Save("train.npy", [1, 1]);
        Save("val.npy", [1, 1]);
        Assert.Contains("2 .npy files that are not one array in numbered pieces (train.npy, val.npy)", Refusal());
        using var input = FeatureInput.Open(_folder.File("x/train.npy")); // the remedy
        Assert.Equal(1, input.Rows);
    }

    [Fact]
    public void Open_NumberThatIsMissing_IsNamedAndNumbersWithoutAGapAreTheRemedy()
    {
        foreach (var i in (int[])[1, 2, 4, 8])
            Save($"part-{i}.npy", [i, 1]);
        Assert.Contains("has no shard of number 3 between part-2.npy and part-4.npy", Refusal());
        Save("part-3.npy", [3, 1]);
        Assert.Contains("has no shard of numbers 5 to 7 between part-4.npy and part-8.npy", Refusal());
        File.Move(_folder.File("x/part-8.npy"), _folder.File("x/part-5.npy"));
        using var input = Open();
        Assert.Equal([1f, 2, 3, 4, 8], FeatureRow(input, 0));
    }

    [Fact]
    public void Open_ShardsOfATotalThatAreNotAll_AreRefused()
    {
        Save("part-0-of-3.npy", [1, 1]);
        Save("part-1-of-3.npy", [2, 1]);
        Assert.Contains("holds 2 shards, and part-0-of-3.npy is one of 3", Refusal());
        Save("part-2-of-3.npy", [3, 1]);
        Open().Dispose();
    }

    [Fact]
    public void Open_OneNumberTwice_IsRefused()
    {
        Save("part-1.npy", [1, 1]);
        Save("part-01.npy", [1, 1]);
        Assert.Contains("part-01.npy and part-1.npy, two shards of one number", Refusal());
        File.Delete(_folder.File("x/part-01.npy"));
        Open().Dispose();
    }

    [Fact]
    public void Open_ShardOfOtherColumns_IsRefusedByName()
    {
        Save("part-0.npy", [1, 1]);
        ShardFile.Save(_folder.File("x/part-1.npy"), [1, 1, 1], 3);
        Assert.StartsWith($"{_folder.File("x/part-1.npy")} has rows of 3 values and part-0.npy of 2", Refusal());
    }

    [Fact]
    public void Open_ShardOfAnotherType_IsRefusedByNameWithTheTypeToGiveIt()
    {
        Save("part-0.npy", [1, 1]);
        ShardFile.Save(_folder.File("x/part-1.npy"), [1, 1], 2, "<f2");
        var said = Refusal();
        Assert.StartsWith($"{_folder.File("x/part-1.npy")} holds values of type float16 and part-0.npy of float32", said);
        Assert.Contains("x.astype('<f4')", said);
        ShardFile.Save(_folder.File("x/part-1.npy"), [1, 1], 2, "<f4");
        Open().Dispose();
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n", "is a Git LFS pointer")]
    public void Open_ShardThatIsNoArray_IsRefusedByName(string text, string said)
    {
        Save("part-0.npy", [1, 1]);
        File.WriteAllText(_folder.File("x/part-1.npy"), text);
        Save("part-2.npy", [1, 1]);
        Assert.StartsWith($"{_folder.File("x/part-1.npy")} {said}", Refusal());
    }

    [Fact]
    public void Open_ShardsWithoutRows_AreShardsUnlessAllAre()
    {
        Save("part-0.npy", []);
        Save("part-1.npy", [1, 1]);
        Save("part-2.npy", []);
        Save("part-3.npy", [3, 1, 4, 1]);
        Save("part-4.npy", []);
        using (var input = Open())
        {
            Assert.Equal([1f, 3, 4], FeatureRow(input, 0));
            Assert.Equal((1, 0), input.Locate(0));
            Assert.Equal((3, 1), input.Locate(2));
        }

        foreach (var i in (int[])[1, 3])
            Save($"part-{i}.npy", []);
        Assert.Contains("holds no rows in any of its shards", Refusal());
    }

    [Fact]
    public void Read_ShardsInEitherOrderOfValues_GiveTheirRows()
    {
        var values = ShardFile.Values(9, 4);
        ShardFile.Save(_folder.File("x/part-0.npy"), values[..20], 4, fortran: true);
        ShardFile.Save(_folder.File("x/part-1.npy"), values[20..], 4);
        using var input = Open();
        Assert.Equal(_folder.File("x/part-0.npy"), input.InOrderOnly?.Path);
        var read = new float[36];
        input.Read(read.AsSpan(0, 8));
        input.Read(read.AsSpan(8));
        Assert.Equal(values, read);
    }

    [Fact]
    public void Open_FolderWithoutArrays_SaysWhatItHolds()
    {
        Assert.Contains("is a folder without part-*.npy: name", Refusal());
        File.WriteAllText(_folder.File("x/notes.txt"), "");
        Assert.Contains("is a folder without part-*.npy (notes.txt)", Refusal());
    }

    [Fact]
    public void Open_ManyShards_KeepsOneFileOpenAtATime()
    {
        const int Many = 3000;
        for (var i = 0; i < Many; i++)
            Save($"part-{i}.npy", [i, 1]);
        using var input = Open();
        Assert.Equal(Enumerable.Range(0, Many).Select(i => (float)i), FeatureRow(input, 0));
    }

    FeatureInput Open() => FeatureInput.Open(_folder.File("x") + "/");

    string Refusal() => Assert.Throws<InvalidFileException>(Open).Message;

    void Save(string name, float[] values) => ShardFile.Save(_folder.File($"x/{name}"), values, 2);

    static float Number(string name) =>
        Digits().Match(name) is { Success: true } digits ? float.Parse(digits.Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex("(?<!v)[0-9]+")]
    private static partial Regex Digits();

    static float[] FeatureRow(FeatureInput input, int column)
    {
        var values = new float[input.Rows * input.Columns];
        input.Rewind();
        input.Read(values);
        return [.. values.Where((_, i) => i % input.Columns == column)];
    }
}
