using System.Text;
using System.Text.Json;
using CoKe.Learning.Resume;
using CoKe.Settings;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Data;
using CoKe.Trainer.Tests.Data.ImageFolders;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Distributed;

/// <summary>Whole runs of two trainers under mpirun, as people start them.</summary>
public sealed class SharedRunTests : IDisposable
{
    const string Program = "coke-train.dll";
    const int Images = 600,
        Epochs = 12;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    readonly TemporaryFolder _folder = new();

    public SharedRunTests() =>
        _folder.Write(
            "small.yaml",
            Encoding.UTF8.GetBytes(
                """
                about: {what: small, source: a test}
                encoder: {backbone: small-net, width: 8, hidden-size: 32, dimension: 32}
                heads: [10]
                views: {smallest-area: 0.7, blur: 0}
                schedule: {epochs: 3, batch-size: 101, learning-rate: 0.02}
                """
            )
        );

    public void Dispose() => _folder.Dispose();

    /// <summary>600 images in 6 mini-batches of 100: parts of 50. The synchronous mode (Table 2) reads the clustering in the middle of a
    /// step.</summary>
    [Theory]
    [InlineData("last", 1e-4)]
    [InlineData("current", 1e-3)]
    public async Task Train_TwoTrainers_AreOneWithTheWholeMiniBatch(string targets, double tolerance)
    {
        string[] options =
        [
            "--set",
            "schedule.epochs=2",
            "--set",
            $"clustering.labels={targets}",
            "--set",
            $"clustering.centers={targets}",
        ];
        await RunAsync(1, [.. New("one"), .. options]);

        var output = await RunAsync(2, [.. New("two"), .. options]);

        Assert.Single(Lines(output, "scan")); // only the first shows something
        var (one, two) = (Read("one"), Read("two"));
        Assert.Equal(2, two.Losses.Length);
        // Measured over the first epoch: losses within 1e-5 of each other (3e-4 where they depend on labels of the moment), and not one
        // label differs. Rounding grows with every step, as between one thread of libtorch and two: with other seeds and views by 1e-4 to
        // 1e-3, in both alike.
        Assert.InRange(Math.Abs(one.Losses[0] / two.Losses[0] - 1), 0, tolerance);
        Assert.InRange(Math.Abs(one.Losses[1] / two.Losses[1] - 1), 0, 100 * tolerance);
        Assert.Equal(Labels("one", epoch: 0), Labels("two", epoch: 0));
        Assert.InRange(Labels("one", epoch: 1).Zip(Labels("two", epoch: 1)).Count(pair => pair.First != pair.Second), 0, Images / 100);
        AssertEqualModels("two", epoch: 2);
    }

    [Fact]
    public async Task Train_AtRunningSilos_IsTheSameToTheBit()
    {
        await RunAsync(2, New("embedded"));
        await using var silo = new SiloProcess(_folder.File("silo.db"));
        Assert.True(await silo.StartAsync(), silo.Output);

        await RunAsync(2, [.. New("running"), "--gateway", $"{silo.Gateway}"]);

        Assert.Equal(Read("embedded").Text, Read("running").Text);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Train_ATrainerIsKilled_EndsAllAndIsResumedToTheSameEnd(int rank)
    {
        string[] epochs = ["--set", $"schedule.epochs={Epochs}"]; // many more than go by until the trainer is dead
        await RunAsync(2, [.. New("whole"), .. epochs]);
        using (var job = MpiRun.Start(2, Program, [.. New("killed"), .. epochs]))
        {
            try
            {
                var error = job.StandardError.ReadToEndAsync();
                while (await job.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line && !line.Contains($"epoch   1/{Epochs}"))
                { }
                using (var trainer = MpiRun.Trainer(job, rank))
                    trainer.Kill(); // SIGKILL

                await job.WaitForExitAsync().WaitAsync(Patience);

                var said = await error + await job.StandardOutput.ReadToEndAsync();
                Assert.NotEqual(0, job.ExitCode);
                Assert.Contains($"process rank {rank}", said); // these words are those of mpirun 4
                Assert.Contains("signal 9", said);
                if (rank != 0)
                    Assert.Contains($"Go on with: train --resume {_folder.File("killed")}", said);
            }
            finally
            {
                MpiRun.End(job);
            }
        }
        Assert.True(RunFolder.IsUnfinished(_folder.File("killed")));

        var (alone, _, refusal) = await DemoCommandLine.RunProgramAsync("train", "--resume", _folder.File("killed"));
        Assert.Equal(
            (
                1,
                "1 trainer(s) cannot go on with the run, which was begun by 2: start as many ('mpirun -n 2'), "
                    + "or begin another run in another folder.\n"
            ),
            (alone, refusal)
        );
        Assert.Contains("Goes on after epoch", await RunAsync(2, ["train", "--resume", _folder.File("killed")]));

        Assert.Equal(Read("whole").Text, Read("killed").Text);
        AssertEqualModels("killed", Epochs);
    }

    /// <summary>The first trainer writes the table of all images, and of those that another one met first and could not read.</summary>
    [Fact]
    public async Task Train_RecipeOfImages_LabelsEveryImageAsOneTrainerDoes()
    {
        using var tree = new ImageTree();
        for (var i = 0; i < 90; i++)
            tree.Write($"{(char)('a' + i % 3)}/{i:00}.png", ImageTree.Png(20 + i % 3, 20, 10 * (i % 3) + i % 5));
        tree.Write("b/99.png", []);
        string[] Line(string run) =>
            [
                "train",
                "images",
                "--data",
                tree.Path,
                "--out",
                _folder.File(run),
                "--set",
                "heads=[3,6]",
                "--set",
                "schedule.epochs=1",
                "--set",
                "schedule.learning-rate=0.0001",
                "--set",
                "schedule.warm-up-epochs=0",
                "--set",
                "encoder.width=4",
                "--set",
                "encoder.hidden-size=16",
                "--set",
                "encoder.dimension=8",
            ];
        await RunAsync(1, Line("one"));

        Assert.Contains("labels.csv", await RunAsync(2, Line("two")));

        string[][] Rows(string run) =>
            [.. File.ReadAllLines(RunFolder.LabelsOf(_folder.File(run))).Skip(1).Select(line => line.Split(','))];
        var (one, two) = (Rows("one"), Rows("two"));
        Assert.Equal(one.Select(row => $"{row[0]} {row[1]}"), two.Select(row => $"{row[0]} {row[1]}"));
        Assert.Equal(91 * 2, two.Length);
        Assert.Equal(["b/99.png", "b/99.png"], two.Where(row => row[2].Length == 0).Select(row => row[0]));
        Assert.InRange(one.Zip(two).Count(pair => pair.First[2] != pair.Second[2]), 0, 4);
        Assert.All(two.Where(row => row[3].Length > 0), row =>
            Assert.InRange(double.Parse(row[3], System.Globalization.CultureInfo.InvariantCulture), -1, 1)
        );
    }

    /// <summary>Where no number is left, all trainers see it at once: the first one says it, and nobody advises to go on.</summary>
    [Theory]
    [InlineData("last")]
    [InlineData("current")]
    public async Task Train_AllDiverge_IsSaidOnce(string targets)
    {
        var (exit, output, error) = await MpiRun.RunAsync(
            2,
            Program,
            [
                .. New("diverged"),
                "--set",
                "schedule.learning-rate=1e30",
                "--set",
                "schedule.warm-up-epochs=0",
                "--set",
                $"clustering.labels={targets}",
                "--set",
                $"clustering.centers={targets}",
            ]
        );

        Assert.True(exit == 1, output + error);
        Assert.Equal(2, (output + error).Split("Training has diverged").Length);
        Assert.DoesNotContain("Go on with", output + error);
    }

    /// <summary>A token of other silos is in the environment; the silo in the first trainer asks for none.</summary>
    [Fact]
    public async Task Train_TokenInTheEnvironment_IsForRunningSilosOnly()
    {
        var (exit, output, error) = await MpiRun.RunAsync(
            2,
            Program,
            [.. New("token"), "--set", "schedule.epochs=2"],
            new() { [AccessSettings.Token.Variable] = "a-secret-of-other-silos", [AccessSettings.TlsName.Variable] = "silo" }
        );

        Assert.True(exit == 0, output + error);
    }

    [Fact]
    public async Task Train_ImpossibleOptions_AreRefusedByTheFirstAndAllEnd()
    {
        var (exit, _, error) = await MpiRun.RunAsync(
            3,
            Program,
            [
                "train",
                _folder.File("small.yaml"),
                "--images",
                "4",
                "--set",
                "heads=2",
                "--set",
                "schedule.batch-size=2",
                "--out",
                _folder.File("none"),
            ]
        );

        Assert.Equal(1, exit);
        Assert.Single(Lines(error, "world is 3, but a mini-batch has 2 images"));
        Assert.DoesNotContain("MPI_ABORT", error);
        Assert.False(Directory.Exists(_folder.File("none")));
    }

    [Fact]
    public async Task Train_WorldWithoutMpirun_IsRefused()
    {
        var (exit, _, error) = await DemoCommandLine.RunProgramAsync([.. New("none"), "--world", "2"]);

        Assert.Equal(
            (
                1,
                "--world 2 asks for several trainers, and this one was started alone: start the trainers by 'mpirun -n W', "
                    + "or leave --world out.\n"
            ),
            (exit, error)
        );
    }

    string[] New(string run) => ["train", _folder.File("small.yaml"), "--images", $"{Images}", "--seed", "3", "--out", _folder.File(run)];

    static async Task<string> RunAsync(int world, string[] arguments)
    {
        var (exit, output, error) = await (
            world == 1 ? DemoCommandLine.RunProgramAsync(arguments).WaitAsync(Patience) : MpiRun.RunAsync(world, Program, arguments)
        );
        Assert.True(exit == 0, output + error);
        return output;
    }

    static string[] Lines(string text, string beginning) =>
        [.. text.Split('\n').Where(line => line.StartsWith(beginning, StringComparison.Ordinal))];

    (double[] Losses, string Text) Read(string run)
    {
        var summary = JsonDocument.Parse(File.ReadAllText(RunFolder.SummaryOf(_folder.File(run)))).RootElement;
        string[] compared = ["loss_trace", "label_hashes", "heads", "acc", "nmi", "ari", "probe", "knn"];
        return (
            [.. summary.GetProperty("loss_trace").EnumerateArray().Select(loss => loss.GetDouble())],
            string.Join('\n', compared.Select(name => summary.GetProperty(name).GetRawText()))
        );
    }

    /// <summary>Labels of an epoch, which the next one learned from.</summary>
    int[] Labels(string run, int epoch) => Save(run, 0, epoch + 1).LabelsBefore;

    /// <summary>Both trainers hold the same to the bit.</summary>
    void AssertEqualModels(string run, int epoch)
    {
        var (first, second) = (Save(run, 0, epoch).Learner, Save(run, 1, epoch).Learner);
        Assert.Equal((first.Order, first.Views), (second.Order, second.Views));
        Assert.Equal(first.Tensors.Select(t => t.Name), second.Tensors.Select(t => t.Name));
        Assert.All(first.Tensors.Zip(second.Tensors), pair => Assert.Equal(pair.First.Values, pair.Second.Values));
    }

    TrainerSave Save(string run, int rank, int epoch)
    {
        var state = RunFolder.StateOf(_folder.File(run));
        return new Saves(state, rank).Read(epoch, RunFolder.Find(_folder.File(run))!.RunId!);
    }
}
