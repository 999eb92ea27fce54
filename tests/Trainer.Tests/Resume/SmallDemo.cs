using CoKe.Learning.Data;
using CoKe.Learning.Images;
using CoKe.Learning.Training;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Report;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Data;
using Spectre.Console;

namespace CoKe.Trainer.Tests.Resume;

/// <summary>Demo runs of a second each, that tests stop somewhere.</summary>
sealed class SmallDemo : IDisposable
{
    public const int Epochs = 3,
        StepsPerEpoch = 3;

    // Few images to evaluate too: that is most of such a run.
    static readonly Lazy<Dataset> Images = new(() => Dataset.Load(Path.Combine(AppContext.BaseDirectory, "Bundled", "fashion-mnist")));

    readonly TemporaryFolder _folder = new();

    public SmallDemo()
    {
        Directory.CreateDirectory(_folder.File("data"));
        Write("train", Images.Value.Train, Images.Value.TrainLabels!, 340);
        Write("test", Images.Value.Test!, Images.Value.TestLabels!, 60);
    }

    /// <summary>Whether a finished run in the folder is replaced without a word, as most tests want it that run twice.</summary>
    public bool Replaces { get; init; } = true;

    public StringWriter Output { get; } = new();

    /// <summary>Images that were clustered in every epoch, of all runs.</summary>
    public List<long> Rows { get; } = [];

    public string Out => _folder.File("run");

    public void Dispose() => _folder.Dispose();

    public RunOptions Options(RunStart start = RunStart.Fresh) =>
        new(
            _folder.File("data"),
            Seed: 3,
            Out,
            Images: 330,
            Threads: 1,
            Device: "cpu",
            RecipeDefaults.Recipe with
            {
                Schedule = RecipeDefaults.Recipe.Schedule with { Epochs = Epochs, BatchSize = 110 },
                Heads = [10],
                Encoder = RecipeDefaults.Recipe.Encoder with { Dimension = 32, Width = 8, HiddenSize = 32 },
            },
            start
        );

    /// <summary>Runs to the end, or to what <paramref name="strike"/> throws; the silo stops then as it does at the end of a
    /// process.</summary>
    public Task<Summary> RunAsync(
        RunStart start = RunStart.Fresh,
        Strike? strike = null,
        Action<ISiloBuilder>? silo = null,
        CancellationToken cancellation = default
    ) => RunAsync(Options(start), strike, silo, cancellation);

    public Task<Summary> RunAsync(
        RunOptions options,
        Strike? strike = null,
        Action<ISiloBuilder>? silo = null,
        CancellationToken cancellation = default
    )
    {
        if (Replaces && options.Start == RunStart.Fresh && RunFolder.Find(options.Out) is { Finished: true })
            options = options with { Start = RunStart.Forced };
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Output) });
        console.Profile.Width = 200; // as where output goes to a file
        return new TrainingRun(options, new StruckScreen(console, strike ?? new Strike(), Rows))
        {
            ConfigureSilo = silo ?? (_ => { }),
        }.RunAsync(cancellation);
    }

    /// <summary>What two runs have in common when one was stopped and the other was not.</summary>
    public static (string, string, string, double?, double?, double?, double?) Result(Summary s) =>
        (string.Join(' ', s.LossTrace), string.Join(' ', s.LabelHashes), string.Join(' ', s.Heads), s.Acc, s.Nmi, s.Probe, s.Knn);

    void Write(string part, ImageSet images, EvaluationLabels labels, int count)
    {
        byte[] Header(params byte[] sizes) =>
            [
                0,
                0,
                8,
                (byte)(1 + sizes.Length),
                0,
                0,
                (byte)(count >> 8),
                (byte)count,
                .. sizes.SelectMany(size => (byte[])[0, 0, 0, size]),
            ];
        _folder.Write(
            $"data/{part}-images-idx3-ubyte",
            [.. Header((byte)images.Height, (byte)images.Width), .. images.Pixels.AsSpan(0, count * images.ImageSize)]
        );
        _folder.Write($"data/{part}-labels-idx1-ubyte", [.. Header(), .. labels.Classes.Take(count).Select(c => (byte)c)]);
    }

    sealed class StruckScreen(IAnsiConsole console, Strike strike, List<long> rows) : RunScreen(console, live: false)
    {
        public override void Stepped(int done, int total)
        {
            base.Stepped(done, total);
            strike.Stepped(done);
        }

        public override void Ended(EpochRecord epoch)
        {
            base.Ended(epoch);
            rows.Add(epoch.Clustering.Rows);
        }

        public override void Saved(int epoch) => strike.Saved(epoch);

        public override void Committed(int epoch) => strike.Committed(epoch);
    }
}

/// <summary>What a test does at some moment of a run, on the training thread.</summary>
sealed class Strike
{
    public Action<int> Stepped { get; init; } = _ => { };

    public Action<int> Saved { get; init; } = _ => { };

    public Action<int> Committed { get; init; } = _ => { };
}

/// <summary>A trainer that dies.</summary>
sealed class Killed : Exception;
