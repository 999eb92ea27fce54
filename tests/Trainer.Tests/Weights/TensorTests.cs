using CoKe.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Weights;

/// <summary>Tests with a folder, whose tensors are gone when they end.</summary>
public abstract class TensorTests : IDisposable
{
    private protected readonly TemporaryFolder folder = new();
    readonly DisposeScope _scope = NewDisposeScope();

    public virtual void Dispose()
    {
        _scope.Dispose();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>Tests against the tensors of a golden file.</summary>
public abstract class GoldenTests : TensorTests
{
    private protected readonly SafetensorsFile golden;

    private protected GoldenTests(string file) => golden = SafetensorsFile.Open(GoldenWeights.Unpack(file, folder));

    public override void Dispose()
    {
        golden.Dispose();
        base.Dispose();
    }

    private protected Tensor Golden(string name) => golden.Read(golden.Tensors.Single(t => t.Name == name));
}
