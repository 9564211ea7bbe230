use serde::Serialize;

/// A square matrix, row by row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Matrix {
    size: usize,
    cells: Vec<f64>,
}

impl std::ops::Index<(usize, usize)> for Matrix {
    type Output = f64;
    fn index(&self, (row, column): (usize, usize)) -> &f64 {
        &self.cells[row * self.size + column]
    }
}

impl std::ops::IndexMut<(usize, usize)> for Matrix {
    fn index_mut(&mut self, (row, column): (usize, usize)) -> &mut f64 {
        &mut self.cells[row * self.size + column]
    }
}

impl Matrix {
    pub(crate) fn zero(size: usize) -> Matrix {
        Matrix { size, cells: vec![0.0; size * size] }
    }

    /// Number of rows, and of columns.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Variance of the difference of two estimates of which this is the covariance; never negative.
    pub fn variance_of_difference(&self, i: usize, j: usize) -> f64 {
        (self[(i, i)] + self[(j, j)] - 2.0 * self[(i, j)]).max(0.0)
    }

    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.cells[row * self.size..(row + 1) * self.size]
    }

    /// Adds `weight` times the outer product of `vector` with itself to the lower triangle.
    pub(crate) fn add_outer(&mut self, vector: &[f64], weight: f64) {
        for (row, left) in vector.iter().enumerate() {
            let factor = weight * left;
            for (cell, right) in self.row_mut(row)[..=row].iter_mut().zip(vector) {
                *cell += factor * right;
            }
        }
    }

    /// Copies the lower triangle to the upper.
    pub(crate) fn mirror(&mut self) {
        for row in 0..self.size {
            for column in 0..row {
                self[(column, row)] = self[(row, column)];
            }
        }
    }

    pub(crate) fn times(&self, other: &Matrix) -> Matrix {
        let mut product = Matrix::zero(self.size);
        for row in 0..self.size {
            for middle in 0..self.size {
                let factor = self[(row, middle)];
                for column in 0..self.size {
                    product[(row, column)] += factor * other[(middle, column)];
                }
            }
        }
        product
    }

    /// The lower triangular factor; `None` unless positive definite.
    pub(crate) fn cholesky(&self) -> Option<Cholesky> {
        let mut lower = Matrix::zero(self.size);
        for row in 0..self.size {
            for column in 0..=row {
                let dot: f64 = (0..column).map(|k| lower[(row, k)] * lower[(column, k)]).sum();
                let rest = self[(row, column)] - dot;
                if row != column {
                    lower[(row, column)] = rest / lower[(column, column)];
                } else if rest > 0.0 {
                    lower[(row, row)] = rest.sqrt();
                } else {
                    return None;
                }
            }
        }
        Some(Cholesky { lower })
    }

    /// The factor of this matrix with the smallest ridge on its diagonal, of a geometric series, that makes
    /// it positive definite; `None` when none does.
    pub(crate) fn ridged_cholesky(&self) -> Option<Cholesky> {
        if let Some(factor) = self.cholesky() {
            return Some(factor);
        }
        (-3..=12).find_map(|exponent| {
            let mut ridged = self.clone();
            for i in 0..self.size {
                ridged[(i, i)] += 10.0_f64.powi(exponent);
            }
            ridged.cholesky()
        })
    }
}

/// A matrix factored so that systems with it can be solved.
pub(crate) struct Cholesky {
    lower: Matrix,
}

impl Cholesky {
    pub(crate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let (lower, n) = (&self.lower, self.lower.size);
        let mut x = right.to_vec();
        for i in 0..n {
            let dot: f64 = (0..i).map(|k| lower[(i, k)] * x[k]).sum();
            x[i] = (x[i] - dot) / lower[(i, i)];
        }
        for i in (0..n).rev() {
            let dot: f64 = (i + 1..n).map(|k| lower[(k, i)] * x[k]).sum();
            x[i] = (x[i] - dot) / lower[(i, i)];
        }
        x
    }

    pub(crate) fn inverse(&self) -> Matrix {
        let n = self.lower.size;
        let mut inverse = Matrix::zero(n);
        for column in 0..n {
            let mut unit = vec![0.0; n];
            unit[column] = 1.0;
            for (row, value) in self.solve(&unit).into_iter().enumerate() {
                inverse[(row, column)] = value;
            }
        }
        inverse
    }
}
