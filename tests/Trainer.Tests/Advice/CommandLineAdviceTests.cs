using System.CommandLine.Parsing;
using CoKe.Errors;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Tests.Data;
using CoKe.Trainer.Tests.Recipes;

namespace CoKe.Trainer.Tests.Advice;

/// <summary>What a refused command line is advised: the advice is followed, and the line is taken.</summary>
public sealed class CommandLineAdviceTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A line that is refused, words of the advice, and the line that follows it.</summary>
    public static TheoryData<string, string, string> Lines =>
        new()
        {
            { "", "name a file, or one that 'coke-train recipes' lists", "digits" },
            { "nothing.yaml", "give another path, or a name that coke-train recipes lists", "digits" },
            { "digits --set epochs=3", "the nearest is schedule.epochs", "digits --set schedule.epochs=3" },
            { "digits --set schedule", "as --set schedule.epochs=10", "digits --set schedule.epochs=10" },
            { "digits --set schedule=1", "name one of its keys, as schedule.epochs", "digits --set schedule.epochs=3" },
            { "digits --set schedule.epochs=x", "it takes a whole number of at least 1", "digits --set schedule.epochs=2" },
            {
                "digits --set schedule.epochs=1 --set schedule.warm-up-epochs=1",
                "give less, as schedule.warm-up-epochs=0",
                "digits --set schedule.epochs=1 --set schedule.warm-up-epochs=0"
            },
            {
                "digits --set clustering.stage-two-after-epoch=9999",
                "give less, or leave it out",
                "digits --set clustering.stage-two-after-epoch=1"
            },
            { "digits --set clustering.stage-two-after-epoch=9999", "give less, or leave it out", "digits" },
            { "digits --set encoder.stem=cifar", "leave it out with the small net", "digits" },
            {
                "imagenet-one-view --set encoder.stem=~",
                "must be imagenet, or cifar for images of about 32 pixels",
                "imagenet-one-view --set encoder.stem=imagenet"
            },
            {
                "digits --set encoder.backbone=resnet-18 --set encoder.stem=imagenet",
                "take cifar, or images of 32 x 32 or more",
                "digits --set encoder.backbone=resnet-18 --set encoder.stem=cifar"
            },
            {
                "digits --set encoder.backbone=resnet-18",
                "must be imagenet, or cifar for images of about 32 pixels",
                "digits --set encoder.backbone=resnet-18 --set encoder.stem=cifar"
            },
            {
                "digits --set encoder.backbone=resnet",
                "it takes small-net or resnet-18 or resnet-50",
                "digits --set encoder.backbone=small-net"
            },
            { "digits --set views.small-size=10", "leave it out, or ask for some by views.small", "digits" },
            {
                "digits --set views.small=2",
                "coke-multi and swav do; set views.preset to one of these, or views.small to 0",
                "digits --set views.small=0"
            },
            {
                "digits --set views.preset=swav --set views.small=2",
                "set encoder.backbone to resnet-18 and encoder.stem to cifar or imagenet, or views.small to 0",
                "digits --set views.preset=swav --set views.small=2 --set encoder.backbone=resnet-18 --set encoder.stem=cifar"
            },
            {
                "digits --set views.preset=swav --set views.small=2",
                "or views.small to 0",
                "digits --set views.preset=swav --set views.small=0"
            },
            { "digits --set views.preset=none", "it takes coke-single or", "digits --set views.preset=coke-single" },
            { "digits --set data.format=idx --set data.shorter-side=64", "leave it out with other data", "digits --set data.format=idx" },
            {
                "digits --set evaluation.classes=coarse",
                "needs data.format cifar-100, which alone has coarse classes: leave it out",
                "digits"
            },
            {
                "cifar-10 --set evaluation.classes=coarse",
                "needs data.format cifar-100",
                "cifar-10 --set data.format=cifar-100 --set evaluation.classes=coarse"
            },
            {
                "digits --set clustering.labels=current --set clustering.stage-two-after-epoch=1",
                "leave it out, or take clustering.labels and clustering.centers of the last epoch",
                "digits --set clustering.labels=last --set clustering.stage-two-after-epoch=1"
            },
            {
                "digits --set clustering.centers=current --set clustering.center-schedule=epoch",
                "needs clustering.center-schedule batch",
                "digits --set clustering.centers=current --set clustering.center-schedule=batch"
            },
            { "digits --set data.pixel-limit=0", "it takes a whole number from 1 to 268435456", "digits --set data.pixel-limit=268435456" },
            {
                "digits --set data.byte-limit=2147483647",
                "it takes a whole number from 1 to 2147483591",
                "digits --set data.byte-limit=2147483591"
            },
            { "digits --set data.unreadable-limit=2", "it takes a number from 0 to 1", "digits --set data.unreadable-limit=1" },
            {
                "digits --token-file FOLDER/t",
                "name one by --gateway, or leave it out",
                "digits --token-file FOLDER/t --gateway localhost:30000"
            },
            { "digits --token-file FOLDER/t", "name one by --gateway, or leave it out", "digits" },
            { "digits --rank 1", "or leave --rank out", "digits" },
            { "digits --world 2", "or leave --world out", "digits" },
            { "digits --world 0", "give as many as the launcher starts, or leave it out", "digits" },
            { "--resume FOLDER/none", "begin one with --out FOLDER/none", "digits --out FOLDER/none" },
            { "FOLDER/pickle.yaml", "a recipe is text, as 'coke-train recipes' lists some", "digits" },
            { "FOLDER/page.yaml", "is a web page and not the file that was to be downloaded", "digits" },
            { "FOLDER/array.yaml", "a recipe is text, as 'coke-train recipes' lists some", "digits" },
            { "FOLDER/packed.yaml", "unpack it with 'gzip -dc FILE > OTHER' and give the other", "FOLDER/unpacked.yaml" },
            { "FOLDER/twice.yaml", "schedule.epochs is given twice: leave one of them out", "FOLDER/once.yaml" },
            { "FOLDER/loop.yaml", "end the chain of bases", "FOLDER/once.yaml" },
            { "FOLDER/section.yaml", "schedule is a section and takes keys, for instance schedule.epochs", "FOLDER/keys.yaml" },
            { "FOLDER/list.yaml", "a recipe is one list of keys with their values, as 'seed: 0'", "FOLDER/once.yaml" },
        };

    [Theory]
    [MemberData(nameof(Lines))]
    public void Read_RefusedLine_IsTakenOnceItsAdviceIsFollowed(string line, string advice, string followed)
    {
        File.WriteAllBytes(_folder.File("pickle.yaml"), [0x80, 4, 0x95, 1]);
        File.WriteAllText(_folder.File("page.yaml"), "<!DOCTYPE html><html>");
        File.WriteAllBytes(_folder.File("array.yaml"), [0x93, .. "NUMPY"u8]);
        File.Move(_folder.Write("x.gz", "seed: 1"u8.ToArray()), _folder.File("packed.yaml"));
        File.WriteAllText(_folder.File("unpacked.yaml"), "seed: 1");
        File.WriteAllText(_folder.File("twice.yaml"), "schedule: {epochs: 3}\nschedule.epochs: 2");
        File.WriteAllText(_folder.File("once.yaml"), "seed: 0");
        File.WriteAllText(_folder.File("loop.yaml"), "base: loop.yaml");
        File.WriteAllText(_folder.File("section.yaml"), "schedule: 3");
        File.WriteAllText(_folder.File("keys.yaml"), "schedule: {epochs: 3}");
        File.WriteAllText(_folder.File("list.yaml"), "- 1");

        var refused = Assert.ThrowsAny<CokeException>(() => Read(line)).Message;

        Assert.Contains(advice.Replace("FOLDER", _folder.Path), refused);
        Assert.NotNull(Read(followed));
    }

    /// <summary>What the clustering warns of is said in keys, and following it ends the warning.</summary>
    [Theory]
    [InlineData(
        "digits --set schedule.batch-size=600 --set heads=10",
        1000,
        "schedule.batch-size is 600",
        "--set schedule.batch-size=20 --set clustering.dual-learning-rate-factor=1 --set clustering.smallest-dual-learning-rate=0"
    )]
    [InlineData("digits --set heads=200", 1000, "clustering.center-schedule of head 0 is batch", "--set clustering.center-schedule=epoch")]
    [InlineData(
        "digits --set heads=10 --set clustering.dual-learning-rate=500 --set schedule.batch-size=10",
        1000,
        "clustering.dual-learning-rate of head 0 is 500",
        "--set clustering.dual-learning-rate=~"
    )]
    public void Warnings_InKeys_EndOnceTheirAdviceIsFollowed(string line, int images, string begins, string followed)
    {
        var before = Warnings(line, images);
        var after = Warnings($"{line} {followed}", images);

        Assert.Contains(before, warning => warning.StartsWith(begins, StringComparison.Ordinal));
        Assert.DoesNotContain(after, warning => warning.StartsWith(begins.Split(' ')[0], StringComparison.Ordinal));
        Assert.All(before, warning => Assert.DoesNotContain("DualLearningRate", warning));
    }

    [Fact]
    public void Warnings_OfNumbersThatWereFitted_AreNotSaid()
    {
        var asked = Read("images");

        Assert.Contains("schedule.batch-size", RecipeFit.Fitted(asked.Recipe, asked.Asked!.Given.Keys));
        Assert.Empty(
            KeyWords.In(
                ["BatchSize is 30, which makes 8 mini-batches"],
                asked.Recipe,
                RecipeFit.Fitted(asked.Recipe, asked.Asked.Given.Keys)
            )
        );
        var given = Read("images --set schedule.batch-size=30");
        Assert.Single(
            KeyWords.In(
                ["BatchSize is 30, which makes 8 mini-batches"],
                given.Recipe,
                RecipeFit.Fitted(given.Recipe, given.Asked!.Given.Keys)
            )
        );
    }

    static string[] Warnings(string line, int images)
    {
        var recipe = Read(line, ".").Recipe;
        return [.. KeyWords.In(recipe.ClusteringOf(images, seed: 0).Warnings(), recipe, [])];
    }

    RunOptions Read(string line) => Read(line, _folder.Path);

    static RunOptions Read(string line, string folder) =>
        TrainLine.Read([.. CommandLineParser.SplitCommandLine(line.Replace("FOLDER", folder))]);
}
