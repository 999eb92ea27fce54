using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.ImageFolders;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Tests.Data.ImageFolders;

namespace CoKe.Trainer.Tests.Data;

/// <summary>Data sets where the tools that fetch them put them, under the names that they have there.</summary>
public sealed class DataPlaceTests : IDisposable
{
    readonly ImageTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("MNIST/raw", "", "")]
    [InlineData("FashionMNIST/raw", "", ".gz")]
    [InlineData("KMNIST/raw", "", "")]
    [InlineData("gzip", "emnist-letters-", ".gz")]
    [InlineData("mnist", "", "")]
    public void Load_FolderAboveTheFiles_IsRead(string below, string prefix, string suffix)
    {
        Pair($"{below}/{prefix}train", 20, suffix);
        Pair($"{below}/{prefix}{(prefix.Length > 0 ? "test" : "t10k")}", 10, suffix);

        var data = Dataset.Load(_tree.Path);

        Assert.Equal(
            (20, 10, 20, 10),
            (data.Train.Count, data.Test!.Count, data.TrainLabels!.Classes.Length, data.TestLabels!.Classes.Length)
        );
        Assert.NotEqual("raw", data.Name);
        Assert.Contains($"{below}/{prefix}train-images-idx3-ubyte{suffix}", data.Found[0].Which);
        Assert.Equal(20, TrainingImages.Open(_tree.Path, new ImageFolderOptions()).Count);
        Assert.Equal(
            20,
            RunImages.Open(_tree.Path, RecipeDefaults.Recipe.Data, RecipeDefaults.Recipe.Evaluation.Classes, null).Train.Images.Count
        );
    }

    [Fact]
    public void Load_SeveralDataSetsBelow_NamesPathsThatWork()
    {
        foreach (var name in (string[])["FashionMNIST/raw", "MNIST/raw"])
            Pair($"{name}/train", 20, "");

        var refused = Assert.Throws<InvalidFileException>(() => Dataset.Load(_tree.Path)).Message;

        Assert.Equal([_tree.File("FashionMNIST/raw"), _tree.File("MNIST/raw")], Choices(refused));
        Assert.All(Choices(refused), path => Assert.NotEmpty(Dataset.Load(path).Train.Pixels));
    }

    [Fact]
    public void Load_SeveralSplitsOfEmnist_NamesPathsThatWork()
    {
        string[] splits = ["balanced", "byclass", "bymerge", "digits", "letters", "mnist"];
        foreach (var (i, split) in splits.Index())
        {
            Pair($"emnist-{split}-train", 20u + (uint)i, "");
            Pair($"emnist-{split}-test", 10, "");
        }

        var refused = Assert
            .Throws<InvalidFileException>(() =>
                RunImages.Open(_tree.Path, RecipeDefaults.Recipe.Data, RecipeDefaults.Recipe.Evaluation.Classes, null)
            )
            .Message;

        Assert.Equal(splits.Select(split => _tree.File($"emnist-{split}")), Choices(refused));
        Assert.Equal(
            Enumerable.Range(20, 6),
            Choices(refused)
                .Select(path =>
                    RunImages.Open(path, RecipeDefaults.Recipe.Data, RecipeDefaults.Recipe.Evaluation.Classes, null).Train.Images.Count
                )
        );
        Assert.Equal("emnist-letters", Dataset.Load(_tree.File("emnist-letters")).Name);
    }

    [Fact]
    public void Load_Emnist_IsSetUprightAndSaysSo()
    {
        _tree.Write("emnist-letters-train-images-idx3-ubyte", IdxFiles.Idx([5, 2, 3], 30));

        var data = Dataset.Load(_tree.Path);

        Assert.Equal((3, 2), (data.Train.Height, data.Train.Width));
        Assert.Equal([0, 3, 1, 4, 2, 5], data.Train[0].ToArray()); // of rows 0 1 2 and 3 4 5
        Assert.Contains("set upright", data.Found[0].Which);
    }

    [Fact]
    public void Load_Qmnist_ReadsTheFirstColumnOfItsLabels()
    {
        Pair("qmnist-train", 20, "");
        File.Delete(_tree.File("qmnist-train-labels-idx1-ubyte"));
        byte[] labels =
        [
            0,
            0,
            0x0c,
            2,
            0,
            0,
            0,
            20,
            0,
            0,
            0,
            8,
            .. Enumerable.Range(0, 20).SelectMany(i => (byte[])[0, 0, 0, (byte)(i % 10), .. new byte[28]]),
        ];
        _tree.Write("qmnist-train-labels-idx2-int", labels);

        // Every fifth is held out.
        Assert.Equal([0, 1, 2, 3, 5, 6, 7, 8, 0, 1, 2, 3, 5, 6, 7, 8], Dataset.Load(_tree.Path).TrainLabels!.Classes);
    }

    [Fact]
    public void Load_WithImagesBesideTheFiles_IsAFolderOfImages()
    {
        Pair("MNIST/raw/train", 20, "");
        _tree.With("a/0.png", "b/0.png");

        Assert.Equal(DataFormat.Folders, DataPlace.Of(_tree.Path).Format);
    }

    /// <summary>Packed or not is told by what is in a file.</summary>
    [Theory]
    [InlineData("train-images-idx3-ubyte", "x.gz")]
    [InlineData("train-images-idx3-ubyte.gz", "x")]
    public void Load_NameThatIsWrongAboutPacking_IsRead(string name, string written)
    {
        File.Move(_tree.Write(written, IdxFiles.Idx([20, 8, 8], 20 * 64)), _tree.File(name));

        Assert.Equal(16, Dataset.Load(_tree.Path).Train.Count);
    }

    [Theory]
    [InlineData("cifar-10-batches-py/data_batch_1", "cifar-10-binary.tar.gz", "cifar-10-batches-bin")]
    [InlineData("cifar-100-python/train", "cifar-100-binary.tar.gz", "cifar-100-binary")]
    [InlineData("data_batch_3", "cifar-10-binary.tar.gz", "cifar-10-batches-bin")]
    [InlineData("cifar-10-python.tar.gz", "cifar-10-binary.tar.gz", "cifar-10-batches-bin")]
    [InlineData("cifar-100-python.tar.gz", "cifar-100-binary.tar.gz", "cifar-100-binary")]
    public void Open_PicklesOfCifar_NamesTheBinaries(string name, string archive, string folder)
    {
        _tree.Write(name, [0x80, 2, (byte)'}', (byte)'q', 1]);

        var refused = Refusal(_tree.Path);

        Assert.Contains(
            $"fetch https://www.cs.toronto.edu/~kriz/{archive}, unpack it with 'tar -xf {archive}', and give {folder} by --data",
            refused
        );
        // What is advised is read.
        _tree.Write(
            $"new/{folder}/{(folder.Contains("100") ? "train.bin" : "data_batch_1.bin")}",
            new byte[folder.Contains("100") ? 3074 : 3073]
        );
        Assert.Equal(1, Dataset.Load(_tree.File($"new/{folder}")).Train.Count);
        Assert.Equal(1, Dataset.Load(_tree.File("new")).Train.Count);
    }

    [Theory]
    [InlineData("images.zip", "PK\u0003\u0004", "images.zip is an archive: unpack it with 'unzip ")]
    [InlineData("images.tar.gz", "\u001f\u008b\u0008", "images.tar.gz is an archive: unpack it with 'tar -xf ")]
    [InlineData("a/images.tgz", "\u001f\u008b\u0008", "a/images.tgz is an archive: unpack it with 'tar -xf ")]
    [InlineData("train.parquet", "PAR1", "train.parquet is a Parquet file: give IDX files, CIFAR binaries, or the images as PNG")]
    [InlineData("train_32x32.mat", "MATLAB 5.0", "train_32x32.mat is a MATLAB file: give IDX files")]
    [InlineData("training.pt", "\u0080\u0002\u008a\nl", "training.pt is an old PyTorch file: give IDX files")]
    [InlineData("k49-train-imgs.npz", "PK\u0003\u0004", "k49-train-imgs.npz is a zip archive: unpack")]
    [InlineData(
        "images.idx",
        "\0\0\u0008\u0003",
        "images.idx is an IDX file of images: give the folder in which it lies, named NAME-images-idx3-ubyte"
    )]
    [InlineData("a.jpg.html", "<!DOCTYPE html>", "a.jpg.html is a web page")]
    [InlineData("data.bin", "version https://git-lfs.github.com/spec/v1", "data.bin is a Git LFS pointer")]
    public void Open_FolderOfSomethingElse_SaysWhatItIsAndWhatToDo(string name, string start, string said)
    {
        _tree.Write("README.md", "text"u8.ToArray());
        File.Move(_tree.Write($"{name}.x", System.Text.Encoding.Latin1.GetBytes(start)), _tree.File(name)); // as .gz it would be packed

        Assert.Contains($"{_tree.Path} holds no images; {said}", Refusal(_tree.Path));
    }

    [Theory]
    [InlineData("images.zip", "PK\u0003\u0004", "is an archive: unpack it with 'unzip ")]
    [InlineData("train-images-idx3-ubyte", "\0\0\u0008\u0003", "is an IDX file of images: give the folder in which it lies")]
    [InlineData(
        "a.jpg",
        "\u00ff\u00d8\u00ff",
        "is a JPEG image: give IDX files, CIFAR binaries, or the images as PNG files in a folder for every class"
    )]
    [InlineData("a.bin", "\u0001\u0002", "is a file: give the folder in which the data lies")]
    [InlineData("a.txt", "text", "is text: give IDX files")]
    public void Open_File_SaysWhatItIsAndWhatToDo(string name, string start, string said)
    {
        _tree.Write(name, System.Text.Encoding.Latin1.GetBytes(start));

        Assert.StartsWith($"{_tree.File(name)} {said}", Refusal(_tree.File(name)));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("<html>", "is a web page")]
    [InlineData("version https://git-lfs.github.com/spec/v1", "is a Git LFS pointer")]
    [InlineData("\u0080\u0004\u0095\u0001", "is a Python pickle")]
    [InlineData("PK\u0003\u0004", "is a zip archive: unpack it with 'unzip FILE'")]
    [InlineData("\0\0\u0008\u0001\0\0\0\u0001\u0001", "starts with the magic number 0x00000801")]
    public void Load_IdxFileThatIsSomethingElse_SaysWhatItIs(string start, string said)
    {
        _tree.Write("train-images-idx3-ubyte", System.Text.Encoding.Latin1.GetBytes(start));

        Assert.Contains($"train-images-idx3-ubyte {said}", Refusal(_tree.Path));
    }

    [Theory]
    [InlineData("data_batch_1.bin")]
    [InlineData("train.bin")]
    public void Load_CifarFileThatIsSomethingElse_SaysWhatItIs(string name)
    {
        _tree.Write(name, "<!doctype html><html></html>"u8.ToArray());

        Assert.Contains($"{name} is a web page", Refusal(_tree.Path));
    }

    static string[] Choices(string refused) =>
        [.. refused[(refused.IndexOf(", as ", StringComparison.Ordinal) + 5)..].TrimEnd('.').Split(", or ")];

    string Refusal(string path) =>
        Assert
            .Throws<InvalidFileException>(() =>
                RunImages.Open(path, RecipeDefaults.Recipe.Data, RecipeDefaults.Recipe.Evaluation.Classes, null)
            )
            .Message;

    void Pair(string prefix, uint count, string suffix)
    {
        _tree.Write($"{prefix}-images-idx3-ubyte{suffix}", IdxFiles.Idx([count, 8, 8], (int)count * 64));
        _tree.Write($"{prefix}-labels-idx1-ubyte{suffix}", IdxFiles.Idx([count], (int)count));
    }
}
