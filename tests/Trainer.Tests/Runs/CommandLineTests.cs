using System.CommandLine;
using CoKe.Trainer.Commands;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Tests.Recipes;

namespace CoKe.Trainer.Tests.Runs;

/// <summary>What people mistype on a command line, or what an empty variable leaves there.</summary>
public sealed class CommandLineTests
{
    readonly RootCommand _program = new()
    {
        DemoCommand.Create(),
        TrainCommand.Create(),
        EvaluateCommand.Create(),
        AugmentationsCommand.Create(),
    };

    [Theory]
    [InlineData("train fashion-mnist --images x", "--images")]
    [InlineData("train fashion-mnist --seed 1.5", "--seed")]
    [InlineData("train fashion-mnist --threads 99999999999", "--threads")]
    [InlineData("demo --epochs x", "--epochs")]
    [InlineData("demo --evaluate-every x", "--evaluate-every")]
    [InlineData("demo --rotation x", "--rotation")]
    [InlineData("evaluate out --threads x", "--threads")]
    [InlineData("augmentations --out a.png --images x", "--images")]
    [InlineData("augmentations --out a.png --size x", "--size")]
    [InlineData("train fashion-mnist --images 1", "--images must be at least 2.")]
    [InlineData("demo --epochs 0", "--epochs must be at least 1.")]
    [InlineData("demo --rotation 181", "--rotation must be 0 to 180 degrees.")]
    [InlineData("augmentations --out a.png --progress 2", "--progress must be 0 to 1.")]
    [InlineData("augmentations --out a.png --views 0", "--views must be 1 to 100.")]
    public void Parse_WhatIsNoNumberOrOutOfRange_IsAnErrorThatNamesTheOption(string line, string problem) =>
        Assert.Contains(_program.Parse(line).Errors, error => error.Message.Contains(problem));

    [Fact]
    public void Read_AnEmptyFolder_IsRefused() =>
        Assert.Equal(
            "--data: data.folder is empty; it takes text.",
            Assert.Throws<RecipeRefusedException>(() => TrainLine.Read("fashion-mnist", "--data", "")).Message
        );

    [Theory]
    [InlineData("null")]
    [InlineData("[digits]")]
    [InlineData("~")]
    public void Read_AFolderOfAnyName_IsThatFolder(string name) => Assert.Equal(name, TrainLine.Read("fashion-mnist", "--data", name).Data);
}
