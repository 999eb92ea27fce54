using System.Runtime.InteropServices;
using CoKe.ConstrainedKMeans;
using CoKe.Learning.Data;
using CoKe.Learning.Distributed;
using CoKe.Learning.Encoders;
using CoKe.Learning.Images;
using CoKe.Learning.Losses;
using CoKe.Learning.Resume;
using CoKe.Learning.Tensors;
using CoKe.Learning.Views;
using static TorchSharp.torch;

namespace CoKe.Learning.Training;

/// <summary>
/// Images, their order and views, and the step that learns from them. It knows nothing of how clusters come about. Dispose scopes belong to
/// a thread, so one thread uses it from the constructor to the end.
/// </summary>
public sealed class Learner : IDisposable
{
    readonly LearnerOptions _options;
    readonly IImageSource _images;
    readonly TrainingStep _step;
    readonly SeededRandom _order,
        _random;
    readonly ViewPipeline _views,
        _largeViews;
    readonly int _fewestRows;
    readonly TrainerGroup _group;

    /// <param name="options">Views, step and schedule.</param>
    /// <param name="images">To train on.</param>
    /// <param name="normalization">Of their pixels, on <paramref name="device"/>; disposed with the learner.</param>
    /// <param name="seed">Of weights, order and views.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="group">The trainers of the model.</param>
    /// <exception cref="CoKe.Errors.InvalidOptionsException">Options that make no step.</exception>
    public Learner(LearnerOptions options, IImageSource images, Normalization normalization, int seed, Device device, TrainerGroup group)
    {
        (_options, _images, _group, Normalization) = (options, images, group, normalization);
        _order = new SeededRandom(seed, 0);
        _random = new SeededRandom(seed, 1);
        _views = new ViewPipeline(options.Views, normalization, _random, device);
        _fewestRows = options.Views.Groups().Min(group => group.Views.Length);
        _largeViews = new ViewPipeline(options.Views with { Views = options.Views.Large }, normalization, _random, device);
        _step = new TrainingStep(options.Step, seed, device, group.Sum);
    }

    /// <summary>What is trained.</summary>
    public Encoder Encoder => _step.Encoder;

    /// <summary>How pixels are normalized, measured on the training images.</summary>
    public Normalization Normalization { get; }

    /// <summary>Everything that later steps depend on, copied.</summary>
    public LearnerState Copy()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        return new LearnerState(
            [.. _step.State.Select(t => new NamedValues(t.Name, t.Values.shape, ToArray(t.Values)))],
            _order.State,
            _random.State
        );
    }

    /// <summary>Goes on from <paramref name="state"/>, bit for bit as the learner it was copied from.</summary>
    /// <exception cref="ResumeRefusedException">It is the state of another encoder; this one is as it was.</exception>
    public void Return(LearnerState state)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var tensors = _step.State.ToArray();
        if (!tensors.Select(t => (t.Name, Shape(t.Values.shape))).SequenceEqual(state.Tensors.Select(t => (t.Name, Shape(t.Shape)))))
            throw new ResumeRefusedException(
                "encoder",
                string.Join(", ", state.Tensors.Select(t => t.Name)),
                "The save is of an encoder with other layers than this program's: go on with the program that began the run, "
                    + "or begin anew with --force."
            );
        foreach (var ((name, values), saved) in tensors.Zip(state.Tensors))
            values.copy_(tensor(saved.Values).view(saved.Shape)); // keeps the layout in memory, on which the last bits depend
        (_order.State, _random.State) = (state.Order, state.Views);

        static string Shape(long[] sizes) => string.Join('x', sizes);
    }

    /// <summary>
    /// Begins an epoch: its views from now on, and its images in a new random order, cut into equal mini-batches of at most b: none is left
    /// out. Of several trainers each gets its part of every mini-batch.
    /// </summary>
    /// <param name="epoch">0 (the scan) to the last one of the schedule.</param>
    /// <returns>Image ids.</returns>
    public int[][] NextEpoch(int epoch)
    {
        // Large views alone are drawn in the scan only, where every pipeline begins.
        _views.MoveTo((double)epoch / _options.Schedule.Epochs);
        return EpochBatches.Of(_order.Permutation(_images.Count), _options.Schedule.BatchSize, _group.Part);
    }

    /// <summary>Reads mini-batches, one ahead of the other, and agrees with the other trainers on each.</summary>
    /// <param name="batches">Image ids.</param>
    /// <returns>Those of which a step can be made; each is disposed of when the next one is asked for.</returns>
    public IEnumerable<LearnerBatch> Read(IEnumerable<int[]> batches)
    {
        foreach (var batch in _images.Read(batches))
            using (batch)
            {
                var whole = _group.Begin(batch.Images.Sizes);
                // A single row has no variance. Where unreadable files leave no more, the image keeps the label that it has.
                if (whole.Sizes.Count * _fewestRows > 1)
                    yield return new LearnerBatch(batch.Ids, batch.Images, whole);
            }
    }

    /// <summary>Draws the views of a mini-batch. The caller's dispose scope owns them.</summary>
    /// <returns>See <see cref="TrainingStep.Forward"/>.</returns>
    public IReadOnlyList<Tensor> Draw(LearnerBatch batch) => [.. _views.Of(batch.Pixels, batch.Whole).Select(group => group.Images)];

    /// <summary>What epoch 0 gives to the clustering: draws large views and embeds them as a step does, but learns nothing; running
    /// statistics move (<see cref="Encoder.KeepStatistics"/>).</summary>
    /// <returns>b x d, row after row.</returns>
    public float[] Embed(LearnerBatch batch)
    {
        using var scope = NewDisposeScope();
        return ToArray(_step.Embed(_largeViews.Of(batch.Pixels, batch.Whole).Single().Images));
    }

    /// <inheritdoc cref="TrainingStep.Forward"/>
    public ForwardResult Forward(IReadOnlyList<Tensor> views) => _step.Forward(views);

    /// <summary>Learns from a mini-batch that was embedded last.</summary>
    /// <param name="batch">The mini-batch.</param>
    /// <param name="x">Its embeddings.</param>
    /// <param name="targets">Its targets.</param>
    /// <param name="learningRate">Of this step.</param>
    /// <exception cref="TrainingDivergedException">The loss is no number any more.</exception>
    public LearnedBatch Backward(LearnerBatch batch, ForwardResult x, BatchTargets targets, double learningRate)
    {
        var learned = _step.Backward(x, targets, learningRate, batch.Whole.Share);
        // The loss is that of all trainers.
        var loss = _group.Finite(learned.Loss.item<float>());
        return new LearnedBatch(batch.Ids, loss, ToArray(learned.HeadLosses), ToArray(learned.Embeddings));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _step.Dispose();
        _views.Dispose();
        _largeViews.Dispose();
        Normalization.Dispose();
    }

    /// <summary>Row after row.</summary>
    public static float[] ToArray(Tensor tensor)
    {
        var rows = tensor.cpu().contiguous();
        var values = new float[rows.numel()];
        rows.bytes.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}

/// <summary>A mini-batch that was read.</summary>
/// <param name="Ids">Its images that could be read.</param>
/// <param name="Pixels">Of those.</param>
/// <param name="Whole">The mini-batch of all trainers.</param>
public readonly record struct LearnerBatch(int[] Ids, ImageBatch Pixels, GlobalBatch Whole);

/// <summary>A step that was made.</summary>
/// <param name="Ids">Images.</param>
/// <param name="Loss">Before the step, of all trainers' images.</param>
/// <param name="HeadLosses">That of every head, likewise.</param>
/// <param name="Embeddings">That the loss was computed from, b x d: averaged over large views and not renormalized (eqn 17).</param>
public readonly record struct LearnedBatch(int[] Ids, double Loss, float[] HeadLosses, float[] Embeddings);
