using CoKe.Errors;
using CoKe.Learning.ImageFolders;
using CoKe.Learning.Resume;
using CoKe.Learning.Weights;
using CoKe.Trainer.Commands;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Data.ImageFolders;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Advice;

/// <summary>What a run that cannot begin, go on or be read is advised, in the state in which it is said: the advice is followed, and it
/// works.</summary>
public sealed class RunAdviceTests : AdvisedRuns
{
    [Fact]
    public async Task Run_MoreUnreadableThanMayBe_GoesOnByTheLineThatItNames()
    {
        WriteImages();
        for (var i = 0; i < Broken; i++)
            _tree.Write($"images/a/{i}.png", "<html>"u8.ToArray());

        var refused = (await Assert.ThrowsAsync<UnreadableImagesException>(() => _demo.RunAsync(Read(Line)))).Message;

        Assert.Contains("'coke-train train --resume OUT --set data.unreadable-limit=1' goes on with a run", refused);
        Assert.Contains("is a web page", refused);
        var summary = await _demo.RunAsync(Read(Advised(refused).Replace("OUT", _demo.Out)));
        Assert.Equal((2, Broken), (summary.LossTrace.Count, summary.Unreadable.Count));
        // The run keeps it: whoever goes on again need not say it.
        Assert.Equal(1, RunFolder.Find(_demo.Out)!.Recipe.Data.UnreadableLimit);
        Assert.Contains("unreadable-limit: 1", File.ReadAllText(RunFolder.RecipeOf(_demo.Out)));
    }

    [Fact]
    public async Task Run_MoreUnreadableThanMayBe_BeginsAnewOnceTheyAreTakenAway()
    {
        WriteImages();
        for (var i = 0; i < Broken; i++)
            _tree.Write($"images/a/{i}.png", []);
        Assert.Contains(
            "take them away, and begin the run anew with --force",
            (await Assert.ThrowsAsync<UnreadableImagesException>(() => _demo.RunAsync(Read(Line)))).Message
        );
        for (var i = 0; i < Broken; i++)
            File.Delete(_tree.File($"images/a/{i}.png"));

        Assert.Equal(Count - Broken, (await _demo.RunAsync(Read($"{Line} --force"))).Options.TrainImages);
    }

    /// <summary>The other lines that may change what nothing learned depends on, and the end is the same.</summary>
    [Theory]
    [InlineData("data.unreadable-limit=0.5")]
    [InlineData("data.byte-limit=2000000000")]
    [InlineData("evaluation.every=1")]
    [InlineData("evaluation.train-images=20")]
    [InlineData("report.labels=true")]
    public async Task Resume_WithWhatMayChange_EndsWithTheSameLosses(string assignment)
    {
        WriteImages();
        var whole = await _demo.RunAsync(Read(Line));
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                Read($"{Line} --force"),
                new Strike
                {
                    Saved = epoch =>
                    {
                        if (epoch == 1)
                            throw new Killed();
                    },
                }
            )
        );

        var summary = await _demo.RunAsync(Read($"--resume {_demo.Out} --set {assignment}"));

        Assert.Equal(whole.LossTrace, summary.LossTrace);
        Assert.Equal(RunStart.Resumed, Read($"{Line} --continue --set {assignment}").Start);
        Assert.Equal(assignment.StartsWith("report", StringComparison.Ordinal), File.Exists(RunFolder.LabelsOf(_demo.Out)));
    }

    [Theory]
    [InlineData("schedule.epochs=9")]
    [InlineData("data.pixel-limit=1000")]
    [InlineData("heads=[2]")]
    public async Task Resume_WithWhatWouldChangeWhatIsLearned_NamesWhatMay(string assignment)
    {
        WriteImages();
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                Read(Line),
                new Strike
                {
                    Saved = epoch =>
                    {
                        if (epoch == 1)
                            throw new Killed();
                    },
                }
            )
        );

        var refused = Assert.Throws<ResumeRefusedException>(() => Read($"--resume {_demo.Out} --set {assignment}")).Message;

        Assert.Contains("leave it out, or begin another run in another folder", refused);
        Assert.Equal(RunStart.Resumed, Read($"--resume {_demo.Out}").Start);
        Assert.Equal(RunStart.Fresh, Read($"{Line}2 --set {assignment}").Start);
        foreach (
            var key in refused[refused.IndexOf("What may change is ", StringComparison.Ordinal)..]
                ["What may change is ".Length..]
                .TrimEnd('.')
                .Split(", ")
        )
            Assert.True(RecipeKeys.Find(key)!.MayChange, key);
    }

    [Fact]
    public async Task Run_ImagesWithMorePixelsThanTheLimit_AreReadOnceItIsRaised()
    {
        WriteImages();
        for (var i = 0; i < Broken; i++)
            _tree.Write($"images/a/{i}.png", ImageTree.Png(80, 60, i));

        var refused = (
            await Assert.ThrowsAsync<UnreadableImagesException>(() => _demo.RunAsync(Read($"{Line} --set data.pixel-limit=1000")))
        ).Message;

        Assert.Contains("has 80x60 pixels, more than data.pixel-limit = 1000", refused);
        Assert.Contains("are read with a larger data.pixel-limit", refused);
        Assert.Empty((await _demo.RunAsync(Read($"{Line} --force --set data.pixel-limit=4800"))).Unreadable);
    }

    [Fact]
    public async Task Run_IntoAFolderWithARun_IsAdvisedToForceOrResume()
    {
        WriteImages();
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                Read(Line),
                new Strike
                {
                    Saved = epoch =>
                    {
                        if (epoch == 1)
                            throw new Killed();
                    },
                }
            )
        );

        var unfinished = (await Assert.ThrowsAsync<ResumeRefusedException>(() => _demo.RunAsync(Read(Line)))).Message;
        Assert.Contains($"go on with it by --resume {_demo.Out}, or discard it by --force", unfinished);
        await _demo.RunAsync(Read($"--resume {_demo.Out}"));
        var finished = (await Assert.ThrowsAsync<ResumeRefusedException>(() => _demo.RunAsync(Read(Line)))).Message;
        Assert.Contains("give another folder by --out, or replace it by --force", finished);
        await _demo.RunAsync(Read($"{Line} --force"));
        await _demo.RunAsync(Read(Line.Replace(_demo.Out, _demo.Out + "2")));
    }

    [Fact]
    public async Task WeightsAndEvaluate_OfAnUnfinishedRun_NameTheLineThatFinishesIt()
    {
        WriteImages();
        await Assert.ThrowsAsync<Killed>(() => _demo.RunAsync(Read(Line), new Strike { Stepped = _ => throw new Killed() }));

        var weights = Assert
            .Throws<InvalidOptionsException>(() => RunWeights.Write(_demo.Out, _tree.File("w.safetensors"), EncoderPart.Backbone))
            .Message;
        var evaluation = (
            await Assert.ThrowsAsync<InvalidOptionsException>(() =>
                new EncoderEvaluation(new EvaluateOptions(null, null, null) { Run = _demo.Out }).RunAsync(CancellationToken.None)
            )
        ).Message;

        Assert.Contains($"let it go on by 'coke-train train --resume {_demo.Out}'", weights);
        await _demo.RunAsync(Read(Advised(weights)));
        Assert.NotEqual(0, RunWeights.Write(_demo.Out, _tree.File("w.safetensors"), EncoderPart.Backbone));
        Assert.NotEmpty(evaluation);
    }

    [Fact]
    public async Task Evaluate_FoldersOfClassesWithoutATestPart_WorksAsAdvised()
    {
        WriteImages();
        await _demo.RunAsync(Read(Line));
        EncoderEvaluation evaluation = new(new EvaluateOptions(null, null, null) { Run = _demo.Out });

        var refused = (await Assert.ThrowsAsync<InvalidOptionsException>(() => evaluation.RunAsync(CancellationToken.None))).Message;

        Assert.Contains(
            "move its folders of classes into one called 'train', and put test images into 'val' beside it, in folders of the same classes",
            refused
        );
        foreach (var name in (string[])["a", "b", "c"])
        {
            Directory.CreateDirectory(_tree.File("images/train"));
            Directory.Move(_tree.File($"images/{name}"), _tree.File($"images/train/{name}"));
            _tree.Write($"images/val/{name}/1.png", ImageTree.Png(20, 24, 1));
        }
        Assert.Equal(3, (await evaluation.RunAsync(CancellationToken.None)).TestImages);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"format\": 1}")]
    public async Task Run_RecordThatCannotBeRead_BeginsAnewByForce(string content)
    {
        WriteImages();
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                Read(Line),
                new Strike
                {
                    Saved = epoch =>
                    {
                        if (epoch == 1)
                            throw new Killed();
                    },
                }
            )
        );
        File.WriteAllText(Path.Combine(RunFolder.StateOf(_demo.Out), "run.json"), content);

        Assert.Contains("begin anew with --force", Assert.Throws<ResumeRefusedException>(() => Read($"--resume {_demo.Out}")).Message);
        await _demo.RunAsync(Read($"{Line} --force"));
    }

    [Theory]
    [InlineData("save")]
    [InlineData("save-damaged")]
    public async Task Resume_SaveThatIsGoneOrDamaged_BeginsAnewByForce(string what)
    {
        WriteImages();
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                Read(Line),
                new Strike
                {
                    Committed = epoch =>
                    {
                        if (epoch == 1)
                            throw new Killed();
                    },
                }
            )
        );
        foreach (var save in Directory.GetFiles(RunFolder.StateOf(_demo.Out), "*.save"))
            if (what == "save")
                File.Delete(save);
            else
                File.WriteAllBytes(save, File.ReadAllBytes(save)[..^3]);

        Assert.Contains(
            "--force",
            (await Assert.ThrowsAsync<ResumeRefusedException>(() => _demo.RunAsync(Read($"--resume {_demo.Out}")))).Message
        );
        await _demo.RunAsync(Read($"{Line} --force"));
    }

    [Fact]
    public async Task Resume_OtherImages_AreAdvisedToNameTheirFolder()
    {
        WriteImages();
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                Read(Line),
                new Strike
                {
                    Saved = epoch =>
                    {
                        if (epoch == 1)
                            throw new Killed();
                    },
                }
            )
        );
        Directory.Move(_tree.File("images"), _tree.File("elsewhere"));
        WriteImages(5);

        Assert.Contains(
            "give their folder with --data, or begin anew with --force",
            (await Assert.ThrowsAsync<ResumeRefusedException>(() => _demo.RunAsync(Read($"--resume {_demo.Out}")))).Message
        );
        await _demo.RunAsync(Read($"--resume {_demo.Out} --data {_tree.File("elsewhere")}"));
    }
}
